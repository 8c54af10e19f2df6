"""How one camera fares, as one value for the page, the log and rules. Judges nothing."""

from collections import deque
from dataclasses import dataclass

from device.core.camera_stats import CameraStats
from device.core.picture_health import PictureHealth

WINDOW_S = 10.0
"""What rates and delays are taken over."""
_KEPT = 4096
"""Pictures of a window that are remembered at most: ten seconds at four hundred a second."""


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera fares now; rates are of the last ten seconds."""

    t: float
    """s."""
    fps: float
    """Pictures a second that came through all stages."""
    looks_per_s: float
    """How many of them the detector saw."""
    looks_limit_per_s: float | None
    """How often it may look at most, under the load of now; None = as often as configured."""
    delay_s: float | None
    """Median age of a picture when its turn came; None without pictures."""
    worst_delay_s: float | None
    """Age of the oldest of them."""
    arrived: int
    """Pictures that the camera has delivered."""
    dropped: int
    """Pictures that were there and that nobody looked at, since others came in the meantime."""
    faults: int
    """Pictures that were damaged or missing in the source."""
    lost: bool
    """Whether it has been told that it gives no pictures."""
    frozen: bool
    """Whether it has been told that its picture stands still."""
    why: str
    """Why it is down; empty where it is not."""
    picture: PictureHealth | None
    """The last measure of a picture."""


class CameraMeter:
    """Counts what comes of one camera's pictures; remembers no more than a window of them."""

    def __init__(self) -> None:
        self._turns: deque[tuple[float, float, bool]] = deque(maxlen=_KEPT)  # time, age, whether it was looked at
        self._picture: PictureHealth | None = None
        self._begun_t: float | None = None

    def note(self, t: float, *, age_s: float, looked: bool, picture: PictureHealth | None) -> None:
        """A picture has been worked on."""
        self._begun_t = t if self._begun_t is None else self._begun_t
        self._turns.append((t, age_s, looked))
        self._picture = picture or self._picture
        self._forget(t)

    def health(
        self, t: float, stats: CameraStats, *, lost: bool, frozen: bool, why: str, limit_per_s: float | None = None
    ) -> CameraHealth:
        """How the camera fares at a time."""
        self._forget(t)
        span_s = min(WINDOW_S, max(1.0, t - (t if self._begun_t is None else self._begun_t)))
        ages = sorted(age_s for _, age_s, _ in self._turns)
        return CameraHealth(
            t=t,
            fps=len(ages) / span_s,
            looks_per_s=sum(looked for _, _, looked in self._turns) / span_s,
            looks_limit_per_s=limit_per_s,
            delay_s=ages[len(ages) // 2] if ages else None,
            worst_delay_s=ages[-1] if ages else None,
            arrived=stats.arrived,
            dropped=stats.dropped,
            faults=stats.faults,
            lost=lost,
            frozen=frozen,
            why=why,
            picture=self._picture,
        )

    def _forget(self, t: float) -> None:
        while self._turns and self._turns[0][0] < t - WINDOW_S:
            self._turns.popleft()
