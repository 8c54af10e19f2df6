"""What is known of how a camera delivers, as numbers. Draws no conclusion."""

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
    """When a picture last differed from the one before it, in pixels and in time; a frozen camera leaves it behind."""
    first_picture_s: float | None = None
    """When the first picture came, which differs from none; of the latest start, where there were several."""
    same_in_a_row: int = 0
    """Pictures since the last one that differed from the one before it."""
