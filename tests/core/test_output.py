"""When a siren, a light or a buzzer is on."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.event import Event
from device.core.output import Output, OutputKind, OutputSettings
from tests.events import make_event


def make_output(**changes: Any) -> Output:
    """A siren that may sound for a minute."""
    return Output(OutputSettings(**{"max_on_s": 60.0, **changes}))


def panel(word: str, **changes: Any) -> Event:
    """The panel in a phase."""
    kind = "disarmed" if word == "disarmed" else "armed"
    return make_event(**{"kind": kind, "priority": "notice", "data": {"panel": word}, **changes})


def levels(output: Output, *moments: float) -> list[bool]:
    """Whether it is on at some times."""
    return [output.level(t)[0] for t in moments]


def test_an_alarm_sounds_until_its_end() -> None:
    """It follows start and end of an alarm, and says when it would fall silent."""
    output, alarm = make_output(), make_event(priority="alarm")
    assert output.level(0.0) == (False, math.inf)
    output.hear(alarm, 1.0)
    assert output.level(1.0) == (True, 61.0)
    output.hear(make_event(priority="info", state="end", event_id=alarm.event_id), 2.0)
    assert output.level(2.0) == (False, math.inf)


@pytest.mark.parametrize("priority", ["info", "notice", "warning"])
def test_less_than_an_alarm_is_silent(priority: str) -> None:
    """No other priority switches it."""
    output = make_output()
    output.hear(make_event(priority=priority), 0.0)
    assert levels(output, 0.0) == [False]


def test_an_update_that_becomes_an_alarm_sounds() -> None:
    """What began as a warning and is an alarm by now counts."""
    output, first = make_output(), make_event(priority="warning")
    output.hear(first, 0.0)
    output.hear(make_event(priority="alarm", state="update", event_id=first.event_id), 1.0)
    assert levels(output, 1.0) == [True]


def test_it_sounds_while_any_alarm_lasts() -> None:
    """The end of one of two alarms, or of something that never was one, leaves it on."""
    output, one, two = make_output(), make_event(priority="alarm"), make_event(priority="alarm")
    output.hear(one, 0.0)
    output.hear(two, 1.0)
    output.hear(make_event(state="end", event_id=one.event_id), 2.0)
    output.hear(make_event(state="end"), 3.0)
    assert levels(output, 3.0) == [True]
    output.hear(make_event(state="end", event_id=two.event_id), 4.0)
    assert levels(output, 4.0) == [False]


def test_its_longest_time() -> None:
    """The same alarm does not sound again; one that came meanwhile has its own time."""
    output, alarm = make_output(), make_event(priority="alarm")
    output.hear(alarm, 0.0)
    assert levels(output, 59.9, 60.0) == [True, False]
    output.hear(make_event(priority="alarm", state="update", event_id=alarm.event_id), 61.0)
    assert levels(output, 61.0) == [False]
    output.hear(make_event(priority="alarm"), 70.0)
    output.hear(make_event(priority="alarm"), 129.0)
    assert levels(output, 130.0, 189.9, 190.0) == [True, True, False]


def test_a_pause_after_the_longest_time() -> None:
    """However many alarms come, it is silent for that long; what still lasts sounds after it."""
    output = make_output(cooldown_s=100.0)
    output.hear(make_event(priority="alarm"), 0.0)
    late = make_event(priority="alarm")
    output.hear(late, 50.0)
    assert levels(output, 59.0, 60.0) == [True, False]
    output.hear(make_event(priority="alarm"), 90.0)
    assert output.level(90.0) == (False, 160.0)
    assert levels(output, 160.0) == [True]


def test_disarming_ends_it_all() -> None:
    """Whatever sounds or waits is silent, and a theft after that sounds again."""
    output = make_output()
    for t in (0.0, 1.0):
        output.hear(make_event(priority="alarm"), t)
    output.hear(panel("disarmed"), 2.0)
    assert levels(output, 2.0, 61.0) == [False, False]
    output.hear(make_event(priority="alarm"), 62.0)
    assert levels(output, 62.0) == [True]


def test_the_panels_alarm_ends_with_it_and_comes_again() -> None:
    """One stretch of being armed may have several alarms."""
    output, armed = make_output(), panel("armed_away")
    output.hear(armed, 0.0)
    for start in (10.0, 100.0):
        output.hear(panel("triggered", priority="alarm", state="update", event_id=armed.event_id), start)
        assert levels(output, start) == [True]
        output.hear(panel("armed_away", state="update", event_id=armed.event_id), start + 5.0)
        assert levels(output, start + 5.0) == [False]


@pytest.mark.parametrize(
    ("kind", "silent"), [("siren", True), ("buzzer", True), ("light", False), ("relay", False), ("status", False)]
)
def test_mute_silences_what_makes_noise(kind: OutputKind, silent: bool) -> None:
    """A light stays on: nobody is woken by it. When the time is over it sounds again."""
    output = make_output(kind=kind, max_on_s=600.0)
    output.hear(make_event(priority="alarm"), 0.0)
    output.mute(100.0)
    assert levels(output, 1.0, 100.0) == [not silent, True]


def test_a_pattern() -> None:
    """On and off as the numbers say, and over at the longest time."""
    output = make_output(pattern=(1.0, 0.5, 0.25, 0.25))
    output.hear(make_event(priority="alarm"), 10.0)
    assert levels(output, 10.0, 10.9, 11.0, 11.6, 11.8, 12.0, 13.2) == [True, True, False, True, False, True, False]
    assert output.level(11.1) == (False, 11.5)
    assert levels(output, 70.0) == [False]


def test_a_pulse() -> None:
    """Once at each alarm, for a relay that only wants to be told."""
    output = make_output(pulse_s=2.0)
    output.hear(make_event(priority="alarm"), 0.0)
    assert output.level(0.0) == (True, 2.0)
    assert levels(output, 1.9, 2.0, 30.0) == [True, False, False]


def test_a_buzzer_counts_down() -> None:
    """Slowly while somebody leaves, fast while somebody should disarm, not at all when it is armed."""
    output = make_output(kind="buzzer")
    output.hear(panel("arming"), 0.0)
    assert levels(output, 0.0, 0.2, 1.0) == [True, False, True]
    output.hear(panel("armed_away"), 2.0)
    assert output.level(2.0) == (False, math.inf)
    output.hear(panel("pending"), 3.0)
    assert levels(output, 3.0, 3.3, 3.5) == [True, False, True]


def test_a_status_light_shows_the_panel() -> None:
    """Dark disarmed, steady armed, blinking between, with no longest time."""
    output = make_output(kind="status", max_on_s=1.0)
    assert levels(output, 0.0) == [False]
    output.hear(panel("armed_night"), 1.0)
    assert output.level(9999.0) == (True, math.inf)
    output.hear(panel("pending"), 10000.0)
    assert levels(output, 10000.0, 10000.1) == [True, False]


def test_its_memory_is_bounded() -> None:
    """Alarms without an end do not pile up for ever, and it still obeys."""
    output = make_output()
    for _ in range(1500):
        output.hear(make_event(priority="alarm"), 0.0)
    assert len(output._known) == 1024
    assert len(output._sounding | output._after) <= 1024
    assert levels(output, 0.0) == [True]


@given(
    st.lists(st.tuples(st.floats(0.0, 30.0), st.sampled_from(["alarm", "end", "warning"])), max_size=40),
    st.sampled_from([0.0, 5.0]),
)
def test_never_longer_than_it_may(steps: list[tuple[float, str]], cooldown_s: float) -> None:
    """With a pause asked for, no stretch of noise is longer than the longest time, whatever comes."""
    output, t, on_since, ids = make_output(max_on_s=10.0, cooldown_s=cooldown_s), 0.0, None, list[str]()
    for step, what in steps:
        end = t + step
        while t < end:
            on, due = output.level(t)
            on_since = (on_since if on_since is not None else t) if on else None
            if cooldown_s and on_since is not None:
                assert t - on_since <= 10.0 + 1e-5
            assert due > t
            t = min(end, due)
        event = make_event(
            priority="alarm" if what == "alarm" else "warning", state="end" if what == "end" else "start"
        )
        if what == "end" and ids:
            event = make_event(state="end", event_id=ids.pop(0))
        ids += [event.event_id] if what == "alarm" else []
        output.hear(event, t)
        on_since = on_since if output.level(t)[0] else None
