"""Signing keys and signed bundles: the desktop's half. Their form is the device's, in ``device.detect.bundle``."""
