"""Shopwarden on the device: from camera frames to alarms. Training lives in the package ``training``."""

__version__ = "0.1.0"
