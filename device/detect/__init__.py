"""Detectors: load, verify and run a quantised TFLite model."""
