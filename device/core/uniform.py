"""Who wears the owner's uniform, by the votes of many looks at each person. Looks at no picture; makes no events."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from device.core.geometry import Box, box_area, intersection
from device.core.track import Track

Verdict = Literal["staff", "customer", "unsure"]

LAST: Final = 6
"""So many of the last looks at a person count."""
AGREE: Final = 5
"""Of them so many must say the same; until then nobody knows."""
SOON_S: Final = 0.5
"""Between two looks at somebody of whom it is not known. Pictures closer to one another show the same."""
LATER_S: Final = 5.0
"""Once it is known: the number may have passed to another body."""
MOST_SOON: Final = 40
"""Looks in a row that leave somebody in doubt; from then on it is looked as seldom as at those who are known."""
GONE_S: Final = 1.0
"""Whoever was not detected for so long may come back as another body under the same number: looked at soon again."""
MIN_HEIGHT: Final = 0.15
"""Of a person's box, fractions of the picture: clothes of smaller ones are a few pixels."""
MOST_COVERED: Final = 0.25
"""Part of the box that others may share: else it shows another's clothes."""
MAX_PEOPLE: Final = 256
"""People whose votes are kept; whoever was not looked at for longest is forgotten first."""
PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class UniformLook:
    """How much somebody looked like staff in one picture."""

    track: int
    score: float
    """0..1; of all classes together that mean staff."""


def uniform_key(model: str, labels: Sequence[str]) -> str:
    """A name for looks at clothes: another one for another classifier, and for other classes."""
    return f"uniform-{model}-{'-'.join(labels)}"


@dataclass(slots=True)
class _Votes:
    """What was seen of one person."""

    last: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))
    in_doubt: int = 0
    """Looks since the last one that agreed with what is believed."""
    t: float = float("-inf")
    verdict: Verdict = "unsure"
    was_doubted: bool = False
    """Whether more looks than staff may have ever spoke against it."""
    staff_since: float | None = None
    """s; None while they are not known as staff."""

    def add(self, t: float, *, staff: bool) -> None:
        self.last.append(staff)
        self.t, against = t, self.last.count(False)
        self.verdict = "staff" if self.last.count(True) >= AGREE else "customer" if against >= AGREE else "unsure"
        self.was_doubted = self.was_doubted or against > LAST - AGREE
        self.in_doubt = 0 if self.verdict == ("staff" if staff else "customer") else self.in_doubt + 1
        if self.verdict == "staff":
            self.staff_since = t if self.staff_since is None else self.staff_since
        else:
            self.staff_since = None

    @property
    def gap_s(self) -> float:
        """Until the next look; soon where the last one disagrees with what is believed."""
        return LATER_S if self.in_doubt == 0 or self.in_doubt >= MOST_SOON else SOON_S


class Uniforms:
    """The votes on everybody in view, and on those who have just gone out of it."""

    def __init__(self, min_score: float) -> None:
        """``min_score``: from which a look says that somebody is staff, 0..1."""
        self._min_score = min_score
        self._people: dict[int, _Votes] = {}

    def add(self, look: UniformLook, t: float) -> None:
        """Count one look, at a time in s."""
        votes = self._people.pop(look.track, None) or _Votes()
        votes.add(t, staff=look.score >= self._min_score)
        self._people[look.track] = votes
        if len(self._people) > MAX_PEOPLE:
            del self._people[next(iter(self._people))]

    def verdict(self, track: int) -> Verdict:
        """What is believed of somebody; without enough looks nothing is."""
        votes = self._people.get(track)
        return votes.verdict if votes else "unsure"

    def is_staff_at(self, track: int, t: float) -> bool:
        """Whether somebody is known as staff who was it at a time, s, too.

        A customer's number that has passed to staff makes no staff of the customer, however short a time they were
        looked at before.
        """
        votes = self._people.get(track)
        if votes is None or votes.staff_since is None:
            return False
        return not votes.was_doubted or t >= votes.staff_since

    def told(self, track: int) -> str:
        """The votes, for a person to read; empty where there are none."""
        votes = self._people.get(track)
        return f"{votes.last.count(True)} of {len(votes.last)} looks" if votes else ""

    def due_s(self, track: int, t: float, *, soon: bool = False) -> float:
        """For how long a look at somebody has been due, s; below 0 it is not yet, endless for one never looked at.

        ``soon`` where what is known of them may be another's.
        """
        votes = self._people.get(track)
        # Cameras' clocks jitter: a picture that comes a little before its time is the one meant.
        return float("inf") if votes is None else t - votes.t - 0.9 * (SOON_S if soon else votes.gap_s)


class UniformAttention:
    """Chooses whose clothes are looked at: one person a picture at most, whoever has waited longest."""

    def __init__(self, min_score: float) -> None:
        """``min_score`` as for ``Uniforms``."""
        self._uniforms = Uniforms(min_score)
        self._hidden: set[int] = set()
        """Tracks that were out of sight, or mixed up with others, since they were last looked at."""

    def due(self, tracks: tuple[Track, ...], t: float) -> Track | None:
        """Who is to be looked at now: somebody believed, detected in this picture, large and in plain view."""
        people = [track for track in tracks if track.label == "person"]
        plain = {
            track.id
            for track in people
            if in_plain_view(track.box, [other.box for other in people if other.id != track.id])
        }
        # That is where numbers pass from body to body.
        self._hidden &= {track.id for track in people}
        self._hidden |= {track.id for track in people if track.id not in plain or t - track.t_seen > GONE_S}
        waits = [
            (due_s, -track.id, track)
            for track in people
            if track.seen and track.believed and track.id in plain
            if (due_s := self._uniforms.due_s(track.id, t, soon=track.id in self._hidden)) >= 0.0
        ]
        return max(waits, key=lambda wait: wait[:2])[2] if waits else None

    @property
    def hidden(self) -> int:
        """How many of those in view may be others than they were."""
        return len(self._hidden)

    def note(self, look: UniformLook, t: float) -> None:
        """Somebody was looked at."""
        self._uniforms.add(look, t)
        self._hidden.discard(look.track)


def in_plain_view(person: Box, others: Iterable[Box]) -> bool:
    """Whether somebody's clothes can be judged: large enough in the picture, and not behind another or before one."""
    most = MOST_COVERED * max(1e-9, box_area(person))
    return person[3] - person[1] >= MIN_HEIGHT and all(intersection(person, other) <= most for other in others)
