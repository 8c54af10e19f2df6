"""Sinks: whoever is told of an event."""
