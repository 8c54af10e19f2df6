"""The learning rate of every step. Does not know the optimiser."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """A straight rise, then half a cosine down.

    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2016, arXiv:1608.03983, here
    without restarts.
    """

    warmup_steps: int
    steps: int
    """Of the whole training."""
    last: float
    """What is left at the end."""

    def factor(self, step: int) -> float:
        """What the highest rate is multiplied by at a step, counted from 0."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        done = min((step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1), 1.0)
        return self.last + (1.0 - self.last) * 0.5 * (1.0 + math.cos(math.pi * done))


def ema_decay(step: int, most: float) -> float:
    """Decay of the moving average at a step: short at first, or the untrained start would linger in it."""
    return min(most, (1.0 + step) / (10.0 + step))
