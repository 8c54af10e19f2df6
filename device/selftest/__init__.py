"""Tries out each part of the device, a line each. Guards nothing meanwhile."""

from device.selftest.run import Asked, selftest

__all__ = ["Asked", "selftest"]
