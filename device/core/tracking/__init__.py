"""The parts of the tracker. ``device.core.tracker`` is what others use."""
