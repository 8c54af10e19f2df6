"""Keeps an account for each rule of a camera. Knows no kind of rule itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from device.config.cameras import CameraTable, RuleTable
from device.config.hours import Time
from device.config.model import Config
from device.config.panel import calendar_of
from device.config.rules import build_rules, rule_tables
from device.core.event import Event, Kind
from device.core.rules.ruleset import RULE as FAULT
from device.core.rules.scene import RuleSettings, Scene
from device.core.rules.senses import PastSenses
from device.core.rules.table import KIND_DEFAULTS
from device.explain.account import Account, Shown
from device.explain.because import because
from device.explain.camera import TamperAccount
from device.explain.exit import ExitAccount
from device.explain.goods import HandsAccount, LowAccount, MovedAccount, SweptAccount
from device.explain.things import ThingAccount
from device.explain.tracks import DwellAccount, LineAccount
from device.pipeline import Step

NOTHING: Final = "no rule is asked for: draw a zone or a line"


@dataclass(slots=True)
class _Page:
    """One rule's."""

    settings: RuleSettings
    table: RuleTable
    account: Account
    after: str
    events: list[Event] = field(default_factory=list)

    def lines(self) -> list[str]:
        settings = self.settings
        about = f" about {', '.join(sorted(settings.labels))}" if settings.labels else ""
        about += f", {_place(self.table)}" if settings.zone else ""
        text = [f"rule {settings.name} ({settings.kind}{about})"]
        for event in self.events:
            text.append(f"  {event.t_emitted:8.1f} s  {event.state}, {event.priority}: {'; '.join(event.reasons)}")
            if event.state == "start" and event.kind == settings.kind:
                text.append(f"{'':13}{because(event, self.table, settings, self.after)}")
        sure = settings.min_confidence
        told = [event for event in self.events if event.kind == settings.kind and event.confidence >= sure]
        return [*text, *(f"  no event{why}" for why in self.account.silent(told))]


class Explainer:
    """Watches a replay whose steps say what the rules saw, and has a paragraph for each rule at its end."""

    def __init__(self, config: Config, camera: CameraTable) -> None:
        self._past, time = PastSenses(), Time(calendar_of(config))
        shown = Shown(camera, self._past, time.calendar, config.staff)
        rules, self._pages = build_rules(camera, time=time), list[_Page]()
        for table, rule in zip(rule_tables(camera), rules, strict=True):
            after = _after(table, camera)
            self._pages.append(_Page(rule.settings, table, _account(rule.settings, table, shown, after), after))

    def add(self, step: Step) -> None:
        """Note one step."""
        self._past.show(step.seen)
        scene = Scene(
            t=step.frame.t,
            tracks=step.tracks,
            motion=step.motion,
            looked=step.detections is not None,
            frame=step.frame,
            bodies=step.bodies,
            uniforms=step.uniforms,
        )
        for page in self._pages:
            page.account.add(scene)
        self._note(step.events)

    def finish(self, events: tuple[Event, ...]) -> str:
        """The text; ``events`` are those that the end of the recording brought."""
        self._note(events)
        lines = [line for page in self._pages for line in page.lines()]
        return "\n".join(lines or [NOTHING]) + "\n"

    def _note(self, events: tuple[Event, ...]) -> None:
        for event in events:
            name = event.data.get("rule") if event.rule == FAULT else event.rule.name
            for page in self._pages:
                if page.settings.name == name:
                    page.events.append(event)


def _place(table: RuleTable) -> str:
    what = "line" if table.line else "shelf" if table.shelf else "zone"
    return f"{what} {table.line or table.shelf or table.zone}"


def _account(settings: RuleSettings, table: RuleTable, shown: Shown, after: str) -> Account:
    if settings.kind in _ACCOUNTS:
        return _ACCOUNTS[settings.kind](settings, table, shown)
    if KIND_DEFAULTS[settings.kind].place == "picture":
        return TamperAccount(settings, shown, after)
    return DwellAccount(settings, table, shown)


def _after(table: RuleTable, camera: CameraTable) -> str:
    """The key that says how long it must last."""
    watched_anyway = table.kind.startswith("tamper_") and table not in (camera.rules or ())
    return f"{table.kind.removeprefix('tamper_')}_s" if watched_anyway else "after_s"


_ACCOUNTS: Final = MappingProxyType[Kind, Callable[[RuleSettings, RuleTable, Shown], Account]](
    {
        "item_taken": lambda settings, _, shown: MovedAccount(settings, shown),
        "item_returned": lambda settings, _, shown: MovedAccount(settings, shown),
        "shelf_swept": lambda settings, _, shown: SweptAccount(settings, shown),
        "shelf_low": lambda settings, _, shown: LowAccount(settings, shown),
        "unpaid_exit": lambda settings, _, shown: ExitAccount(settings, shown),
        "concealment": HandsAccount,
        "object_left": lambda settings, _, shown: ThingAccount(settings, shown),
        "object_removed": lambda settings, _, shown: ThingAccount(settings, shown),
        "line_crossed": LineAccount,
    }
)
