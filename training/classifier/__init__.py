"""Naming whole pictures: networks, learning, measuring, export."""
