"""Who was seen to hide something, for the rules about what comes after. Judges nobody."""

from dataclasses import dataclass

REMEMBER_S = 600.0
MAX_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Hidden:
    """A concealment that was told."""

    happening: str
    t: float
    """s on the run's clock."""
    confidence: float


class Concealed:
    """What was told of each track, for ten minutes."""

    def __init__(self) -> None:
        self._by_track: dict[int, Hidden] = {}

    def note(self, track: int, hidden: Hidden) -> None:
        """Remember it; the surest of a track stays."""
        kept = {id_: old for id_, old in self._by_track.items() if hidden.t - old.t <= REMEMBER_S}
        if track not in kept or hidden.confidence >= kept[track].confidence:
            kept[track] = hidden
        newest = sorted(kept, key=lambda id_: kept[id_].t)[-MAX_REMEMBERED:]
        self._by_track = {id_: kept[id_] for id_ in newest}

    def of(self, track: int, t: float) -> Hidden | None:
        """What was told of a track within the last ten minutes."""
        hidden = self._by_track.get(track)
        return hidden if hidden is not None and t - hidden.t <= REMEMBER_S else None
