from hypothesis import given
from hypothesis import strategies as st

from device.capture.day_night import DayNight, light_lux


def changes(switch: DayNight, lux: float | None, start: float, seconds: int) -> list[float]:
    """When it changes under one light, looked at once a second."""
    return [t for t in (start + second for second in range(seconds)) if switch.update(t, lux)]


def auto() -> DayNight:
    """Night below 10 lux, day above 40."""
    return DayNight("auto", 10.0, 40.0)


def test_dusk_and_dawn() -> None:
    """Dark for ten seconds is night; bright for ten seconds is day."""
    switch = auto()
    assert changes(switch, 300.0, 0.0, 60) == []
    assert changes(switch, 2.0, 60.0, 100) == [70.0]
    assert switch.is_night
    assert changes(switch, 300.0, 200.0, 60) == [210.0]
    assert not switch.is_night


def test_between_the_two_nothing_changes() -> None:
    """Hysteresis: from either side."""
    switch = auto()
    assert changes(switch, 20.0, 0.0, 300) == []
    changes(switch, 2.0, 300.0, 100)
    assert changes(switch, 20.0, 400.0, 300) == []
    assert switch.is_night


def test_a_shadow_is_no_night_and_a_torch_is_no_day() -> None:
    """Either must last."""
    switch = auto()
    for start in range(0, 200, 20):
        assert changes(switch, 1.0, float(start), 9) == []
        assert changes(switch, 100.0, float(start + 9), 11) == []
    changes(switch, 1.0, 200.0, 100)
    assert switch.is_night
    for start in range(300, 500, 20):
        assert changes(switch, 100.0, float(start), 9) == []
        assert changes(switch, 1.0, float(start + 9), 11) == []


def test_what_infrared_lamps_shine_is_not_taken_for_day() -> None:
    """Without its filter the camera sees its own lamps: that light is the night's own."""
    switch = auto()
    changes(switch, 2.0, 0.0, 20)
    assert changes(switch, 60.0, 20.0, 600) == []
    assert switch.is_night
    assert len(changes(switch, 500.0, 620.0, 60)) == 1


def test_a_day_that_was_a_mistake_makes_the_next_night_longer() -> None:
    """A camera that sees day only without its filter changes ever more rarely."""
    switch = auto()
    t, nights = 0.0, []
    for _ in range(4):
        changes(switch, 2.0, t, 40)  # dark behind the filter
        assert switch.is_night
        went = changes(switch, 1000.0, t + 40.0, 5000)  # bright without it, once settled
        assert len(went) == 1
        nights.append(went[0] - t)
        t = went[0] + 1
    assert nights == sorted(nights)
    assert nights[-1] > 3 * nights[0]


def test_fixed_stays_fixed() -> None:
    """``night`` and ``day`` ask no light."""
    for how, night in (("night", True), ("day", False)):
        switch = DayNight(how, 10.0, 40.0)  # type: ignore[arg-type]
        assert changes(switch, 0.0, 0.0, 100) == changes(switch, 9999.0, 100.0, 100) == []
        assert switch.is_night is night


def test_without_a_measure_it_stays_as_it_is() -> None:
    """A camera that tells neither light nor exposure."""
    assert changes(auto(), None, 0.0, 100) == []


@given(st.lists(st.floats(0.0, 1e5), max_size=300))
def test_it_never_changes_more_often_than_it_may(light: list[float]) -> None:
    """Whatever the light does: ten seconds between any two changes, and a minute of night at least."""
    switch, before = auto(), None
    for second, lux in enumerate(light):
        if switch.update(float(second), lux):
            assert before is None or second - before >= (10 if switch.is_night else 60)
            before = second


def test_light_is_told_or_estimated() -> None:
    """A sixtieth at gain 1 is a bright day; the longest exposure at the highest gain is a street lamp."""
    assert light_lux(7.5, 0.01, 1.0) == 7.5
    assert light_lux(0.0, 0.01, 1.0) == 0.0
    assert light_lux(None, 1 / 60, 1.0) == 600.0
    assert light_lux(None, 1 / 15, 16.0) == 9.375
    assert light_lux(None, None, 1.0) is light_lux(None, 0.0, 1.0) is light_lux(None, 0.01, None) is None
