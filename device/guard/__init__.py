"""The one door to the panel, for every thread and every way in. Knows no broker, no page and no pin."""
