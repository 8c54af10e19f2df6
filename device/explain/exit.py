"""The account of who goes out with what. Decides no event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from device.core.custody import Custody, Holding
from device.core.event import Event
from device.core.rules.line import LineCrossed
from device.core.rules.scene import RuleSettings, Scene
from device.explain.account import Shown


@dataclass(slots=True)
class _Customer:
    taken: dict[str, int] = field(default_factory=dict)
    """Items by taking."""
    returned: int = 0
    staff: str = ""
    """How it is known that they are."""
    at_till_s: float = 0.0
    longest_till_s: float = 0.0
    t_out: float | None = None
    held: tuple[Holding, ...] = ()
    """When they went out, or last."""


class ExitAccount:
    """``unpaid_exit``."""

    def __init__(self, settings: RuleSettings, shown: Shown) -> None:
        self._settings, self._shown = settings, shown
        lax = replace(settings, cooldown_s=0.0, min_confidence=0.0)
        self._out = LineCrossed(lax, shown.lines[settings.zone or ""], "out")
        self._custody = Custody(shown.floor, shown.tills, settings.after_s)
        self._people: dict[int, _Customer] = {}
        self._nobodys = 0
        self._t: float | None = None

    def add(self, scene: Scene) -> None:
        """Note who takes, pays, puts back and leaves."""
        self._custody.update(scene)
        gap_s = 0.0 if self._t is None else min(1.0, scene.t - self._t)
        self._t = scene.t
        self._shop(scene)
        for track in scene.tracks:
            if track.label == "person" and track.confirmed:
                one = self._people.setdefault(track.id, _Customer())
                at_till = any(till.contains(track.foot) for till in self._shown.tills)
                one.at_till_s = one.at_till_s + gap_s if at_till else 0.0
                one.longest_till_s = max(one.longest_till_s, one.at_till_s)
                if self._shown.floor.uniform(track.id) == "staff":
                    one.staff = f"by uniform, {self._shown.floor.uniform_told(track.id)} (`staff.min_score`)"
                if one.t_out is None:
                    one.held = self._custody.holdings(track.id) or one.held
        for draft in self._out.update(scene):
            one = self._people.setdefault(int(draft.data["track"]), _Customer())
            one.t_out, one.held = draft.t_start, self._custody.holdings(int(draft.data["track"]))

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """Of everybody who went out or took something."""
        spoken = {event.data["track"] for event in told}
        known = {id_: one for id_, one in self._people.items() if one.t_out is not None or one.taken}
        if not known and not spoken:
            return [f": 0 people crossed line {self._settings.zone} outwards (`start`, `end`), and 0 took anything"]
        return [f" of person {id_}: {self._why_not(one)}" for id_, one in known.items() if id_ not in spoken]

    def _shop(self, scene: Scene) -> None:
        for change in self._shown.floor.observe(scene):
            if change.kind == "taken" and change.track is not None:
                one = self._people.setdefault(change.track, _Customer())
                one.staff = change.why_staff or one.staff
                one.taken[change.happening] = change.items
            elif change.kind == "taken":
                self._nobodys += change.items
            for one in self._people.values():
                one.returned += one.taken.get(change.undoes or "", 0)

    def _why_not(self, one: _Customer) -> str:
        items, after = sum(one.taken.values()), self._settings.after_s
        if one.t_out is None:
            return f"it took {items} from the shelves and never crossed line {self._settings.zone} outwards"
        out = f"it went out at {one.t_out:.1f} s"
        if not items:
            hand = f"; {self._nobodys} were taken by a hand that nobody could be told for" if self._nobodys else ""
            return f"{out}, and was seen to take 0 items from the shelves{hand}"
        if one.staff and not one.held:
            return f"{out} with {items} items, and is staff: {one.staff}"
        if one.returned >= items:
            return f"{out}, and had put back {one.returned} of the {items} items that it took"
        if one.longest_till_s >= after:
            return f"{out}, and had paid: {one.longest_till_s:.1f} s at the till, asked are {after:g} (`after_s`)"
        sure = max((held.confidence for held in one.held), default=0.0)
        doubts = "".join(f"; {doubt}" for doubt in dict.fromkeys(it for held in one.held for it in held.doubts))
        return (
            f"{out} with {items} items after {one.longest_till_s:.1f} s at the till (`after_s` {after:g}): that they "
            f"were unpaid is sure by {sure:.2f} at most, asked are {self._settings.min_confidence:g} "
            f"(`min_confidence`){doubts}"
        )
