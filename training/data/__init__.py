"""Labelled pictures: reading, looking through, splitting, and feeding them to a network."""
