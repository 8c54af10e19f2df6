"""Somebody is there while the shop is closed."""

from dataclasses import replace
from datetime import UTC, datetime, time

import numpy as np

from device.core.arming.hours import Calendar, OpeningHours, Span
from device.core.event import Draft
from device.core.frame import Frame
from device.core.geometry import Polygon
from device.core.rules.hours import AfterHours
from tests.builders import INSIDE, OUTSIDE, SQUARE, make_scene, make_settings, make_track, states

CLOSING = datetime(2026, 11, 27, 18, 30, tzinfo=UTC).timestamp()
HOURS = OpeningHours((Span(frozenset({"fri"}), time(9), time(18, 30)),), Calendar())
PICTURE = np.zeros((12, 8), np.uint8)


class Shop:
    """A rule, a clock that may be wrong, and somebody who may be there."""

    def __init__(self, after_s: float = 2.0) -> None:
        self.synced, self.drafts = True, list[Draft]()
        settings = make_settings(name="closed", kind="after_hours", after_s=after_s)
        self.rule = AfterHours(settings, Polygon(SQUARE), HOURS, lambda: self.synced)

    def see(self, start_s: float, until_s: float, *feet: tuple[float, float]) -> list[Draft]:
        """What is told from one second to another after 18:29; people stand at ``feet``."""
        told: list[Draft] = []
        for t in np.arange(start_s, until_s, 0.5):
            tracks = [make_track(number, foot) for number, foot in enumerate(feet, start=1)]
            frame = Frame(0, float(t), CLOSING - 60.0 + float(t), PICTURE)
            told += self.rule.update(replace(make_scene(float(t), *tracks), frame=frame))
        return told


def test_nobody_minds_customers_and_who_stays_is_told() -> None:
    """From closing time on, once it has lasted; a warning also where nobody has armed; then that it is over."""
    shop = Shop()
    assert shop.see(0.0, 60.0, INSIDE) == []
    (start,) = shop.see(60.0, 70.0, INSIDE)
    assert (start.kind, start.state, start.priority) == ("after_hours", "start", "warning")
    assert (start.t_start, start.t_emitted) == (60.0, 62.0)
    assert start.reasons[-1] == "closed on fri 2026-11-27 18:30 by the opening hours"
    assert states(shop.see(70.0, 75.0, OUTSIDE)) == ["end"]


def test_who_is_elsewhere_is_not_told() -> None:
    """A place was named."""
    assert Shop().see(60.0, 90.0, OUTSIDE) == []


def test_it_ends_when_the_shop_opens() -> None:
    """Who was told of is staff after all."""
    shop = Shop()
    assert states(shop.see(70.0, 80.0, INSIDE)) == ["start"]
    next_week = 60.0 + 7 * 86400.0 - 3600.0
    (end,) = shop.see(next_week, next_week + 5.0, INSIDE)
    assert (end.state, end.reasons[-1]) == ("end", "the shop is open")


def test_without_a_trusted_clock_it_waits_and_says_so() -> None:
    """Once, after the grace that a time server needs; and it goes on once the clock is set."""
    shop = Shop()
    shop.synced = False
    (waits,) = shop.see(70.0, 200.0, INSIDE)
    assert (waits.kind, waits.state, waits.priority, waits.t_emitted) == ("health", "start", "warning", 130.0)
    assert "waits: the clock is not set" in waits.reasons[0]
    shop.synced = True
    on, start = shop.see(200.0, 210.0, INSIDE)
    assert (on.kind, on.state, on.happening) == ("health", "end", waits.happening)
    assert (start.kind, start.state) == ("after_hours", "start")


def test_all_that_lasts_ends_with_the_guard() -> None:
    """The stay, or the waiting."""
    shop = Shop()
    shop.see(70.0, 80.0, INSIDE)
    assert [(draft.kind, draft.state) for draft in shop.rule.stop(81.0, "over")] == [("after_hours", "end")]
    shop.synced = False
    shop.see(81.0, 150.0)
    assert [(draft.kind, draft.state) for draft in shop.rule.stop(151.0, "over")] == [("health", "end")]
    assert shop.rule.stop(152.0, "over") == ()
