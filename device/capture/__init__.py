"""Cameras: each kind of source behind one contract, each in a killable process of its own."""
