"""Follows things over time: which detection is which thing. Knows neither pictures nor rules."""

from device.core.tracking.settings import ClassThresholds, TrackerSettings
from device.core.tracking.tracker import Tracker

__all__ = ["ClassThresholds", "Tracker", "TrackerSettings"]
