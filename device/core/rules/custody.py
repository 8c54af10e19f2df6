"""The rule about leaving with what was not paid for. Knows of shelves only what custody tells."""

from dataclasses import replace

from device.core.concealment.register import Concealed, Hidden
from device.core.custody import Custody, Holding
from device.core.event import Draft
from device.core.rules.line import LineCrossed
from device.core.rules.scene import CANDIDATE_FLOOR, RuleSettings, Scene, as_object

TOLD_LATE_S = 6.0
"""A taking is told a moment after it happened; whoever ran has crossed the line by then."""


class UnpaidExit:
    """Somebody crosses the exit with goods that were neither put back nor paid for."""

    def __init__(
        self, settings: RuleSettings, exit_line: LineCrossed, custody: Custody, concealed: Concealed | None = None
    ) -> None:
        """``exit_line`` tells of crossings outwards; ``concealed`` of goods that were hidden before."""
        self.settings = settings
        self._concealed = concealed or Concealed()
        self._exit, self._custody = exit_line, custody
        self._left: dict[int, tuple[float, Draft]] = {}
        self._count = 0

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        self._custody.update(scene)
        for crossing in self._exit.update(scene):
            self._left[int(crossing.data["track"])] = (scene.t, crossing)
        self._left = {id_: entry for id_, entry in self._left.items() if scene.t - entry[0] <= TOLD_LATE_S}
        drafts = []
        for track, (_, crossing) in self._left.items():
            holdings = self._custody.holdings(track)
            if holdings:
                self._custody.release(track)
                drafts += self._draft(track, crossing, holdings, scene)
        return tuple(drafts)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:  # noqa: ARG002 - a crossing does not last
        """Nothing ever lasts here."""
        return ()

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - a crossing is decided at once
        """Nothing is ever undecided here."""
        return ()

    def _clothes(self, track: int) -> tuple[str, ...]:
        votes = self._custody.uniform_told(track)
        return (f"uniform of staff seen in {votes}",) if votes else ()

    def _draft(self, track: int, crossing: Draft, holdings: tuple[Holding, ...], scene: Scene) -> list[Draft]:
        surest = max(held.confidence for held in holdings)
        hidden = self._concealed.of(track, scene.t)
        confidence = surest * (0.5 + 0.5 * crossing.confidence)
        if hidden is not None:
            confidence = 1.0 - (1.0 - confidence) * (1.0 - hidden.confidence)
        confidence = round(confidence, 4)
        sure = confidence >= self.settings.min_confidence
        if not sure and not (self.settings.keep_candidates and confidence >= CANDIDATE_FLOOR):
            return []
        self._count += 1
        items, unpaid = sum(held.items for held in holdings), "neither put back nor long enough at a till"
        taken = tuple(
            f"took {held.items} from shelf {held.shelf} at {held.t:.1f} s, sure by {held.confidence:.2f}"
            + "".join(f"; {doubt}" for doubt in held.doubts)
            for held in holdings
        )
        return [
            replace(
                crossing,
                kind=self.settings.kind,
                happening=f"{self.settings.name}/{self._count}",
                t_emitted=scene.t,
                confidence=confidence,
                rule=self.settings.ref,
                reasons=(*taken, *_hidden_told(hidden), unpaid, *self._clothes(track), *crossing.reasons),
                candidate=not sure,
                objects=tuple(as_object(t) for t in scene.tracks if t.id == track) or crossing.objects,
                data={"track": track, "items": items, "direction": "out"},
                links=(*(held.happening for held in holdings), *((hidden.happening,) if hidden else ())),
            )
        ]


def _hidden_told(hidden: Hidden | None) -> tuple[str, ...]:
    if hidden is None:
        return ()
    return (f"hands looked like hiding something at {hidden.t:.1f} s, sure by {hidden.confidence:.2f}",)
