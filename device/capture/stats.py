"""What is known of a camera's health, as numbers. Draws no conclusion."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraStats:
    """Counts since the camera was opened; times on the monotonic clock, s."""

    arrived: int
    """Pictures that the camera delivered."""
    dropped: int
    """Pictures that were there and never handed out."""
    faults: int
    """Pictures that were damaged or missing in the source."""
    last_picture_s: float | None
    """When the last picture came; None before the first."""
    last_change_s: float | None
    """When a picture last differed from the one before it; a frozen camera leaves it behind."""
