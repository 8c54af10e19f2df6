"""Says of each rule of a replay why it spoke or did not, with value, bound and key. Decides no event."""

from device.explain.explainer import Explainer

__all__ = ["Explainer"]
