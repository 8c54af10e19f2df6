"""How looks give way to load and heat, and come back."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.look_rate import LEAST_PER_S, BoardState, LookRate, RateChange


@dataclass
class Machine:
    """Cameras and one detector, worked through one after another; a picture that is overtaken is dropped."""

    look_s: float
    rate: LookRate
    cameras: int = 1
    fps: float = 15.0
    gate_s: float = 0.002
    clock_lag_s: float = 0.0
    """By so much every picture looks older than it is."""
    t: float = 0.0

    def run(self, seconds: float) -> tuple[list[RateChange], list[float]]:
        """Every change of the rate, and the age of each picture when its turn came."""
        end, changes, ages = self.t + seconds, list[RateChange](), list[float]()
        taken, next_look = [-1] * self.cameras, [self.t] * self.cameras
        while self.t < end:
            fresh = False
            for camera in range(self.cameras):
                newest = int(self.t * self.fps)
                if newest <= taken[camera]:
                    continue
                taken[camera], fresh, age = newest, True, self.t - newest / self.fps + self.clock_lag_s
                looks = self.t >= next_look[camera]
                if looks:
                    next_look[camera] = max(next_look[camera] + 1 / self.rate.per_s, self.t)
                busy = self.gate_s + looks * self.look_s
                self.t += busy
                ages.append(age)
                change = self.rate.note(self.t, busy_s=busy, age_s=age)
                changes += [change] if change else []
            if not fresh:
                self.t += 0.001
        return changes, ages


def test_a_device_with_room_keeps_its_rate() -> None:
    """Five looks of 20 ms a second are nothing."""
    machine = Machine(0.02, LookRate(5.0))
    changes, _ = machine.run(60.0)
    assert changes == []
    assert not machine.rate.is_slowed


def test_a_detector_that_becomes_slow_looks_less_often_and_pictures_do_not_wait() -> None:
    """From 20 to 250 ms a look: five of them do not fit into a second, three do; told with its reason."""
    machine = Machine(0.02, LookRate(5.0))
    machine.run(10.0)
    machine.look_s = 0.25
    changes, _ = machine.run(10.0)
    assert changes[0].why.startswith(("busy for", "pictures wait"))
    _, ages = machine.run(60.0)
    assert 1.0 <= machine.rate.per_s <= 3.5
    assert max(ages) < 0.35
    assert sum(ages[-100:]) <= sum(ages[:100]) * 1.5 + 1.0


def test_it_looks_as_often_as_before_once_the_load_has_gone() -> None:
    """Step by step, and not at once."""
    machine = Machine(0.25, LookRate(5.0))
    machine.run(30.0)
    machine.look_s = 0.02
    machine.run(8.0)
    assert machine.rate.is_slowed
    changes, _ = machine.run(90.0)
    assert machine.rate.per_s == 5.0
    assert changes[-1].why == "there is room again"


@pytest.mark.parametrize("look_s", [0.1, 0.14, 0.16, 0.2, 0.3])
def test_it_does_not_swing(look_s: float) -> None:
    """Once it has found its rate, it keeps it: five minutes bring no more than some touches."""
    machine = Machine(look_s, LookRate(5.0))
    machine.run(30.0)
    changes, _ = machine.run(300.0)
    assert len(changes) <= 3


def test_four_cameras_share_what_there_is() -> None:
    """Twenty looks of 80 ms do not fit into a second; the pictures of none of them grow old."""
    machine = Machine(0.08, LookRate(5.0), cameras=4)
    machine.run(30.0)
    _, ages = machine.run(60.0)
    assert machine.rate.is_slowed
    assert sum(ages) / len(ages) < 0.15
    assert max(ages) < 0.5


def test_heat_slows_it_down_and_cooling_lets_it_go_on() -> None:
    """With a gap between the two, as a board at its limit hovers there."""
    rate = LookRate(5.0)
    machine = Machine(0.02, rate)
    rate.board(BoardState(temperature_c=82.0))
    changes, _ = machine.run(30.0)
    assert changes[0].why == "the board is at 82 degrees"
    assert rate.per_s == LEAST_PER_S
    rate.board(BoardState(temperature_c=77.0))
    assert machine.run(60.0)[0] == []
    rate.board(BoardState(temperature_c=70.0))
    machine.run(120.0)
    assert rate.per_s == 5.0


def test_throttling_slows_it_down_where_no_temperature_is_told() -> None:
    """For want of current as well."""
    rate = LookRate(5.0)
    rate.board(BoardState(throttled=True))
    changes, _ = Machine(0.02, rate).run(10.0)
    assert changes[0].why == "the board is throttled"


def test_pictures_that_only_look_old_are_no_load() -> None:
    """A camera's clock was set back: nothing is busy, so fewer looks would help nobody; also on the way back."""
    machine = Machine(0.08, LookRate(5.0), clock_lag_s=0.55)
    assert machine.run(240.0)[0] == []
    machine.look_s = 0.25
    machine.run(10.0)
    assert machine.rate.is_slowed
    machine.look_s = 0.02
    machine.run(90.0)
    assert machine.rate.per_s == 5.0


def test_the_reason_of_a_lower_rate_is_kept_until_it_is_back() -> None:
    """Halfway back it is still lower for the load of before, not because there is room."""
    machine = Machine(0.25, LookRate(5.0))
    machine.run(8.0)
    why = machine.rate.why
    machine.look_s = 0.02
    changes, _ = machine.run(13.0)
    assert [change.why for change in changes[-1:]] == ["there is room again"]
    assert machine.rate.is_slowed
    assert machine.rate.why.startswith(("busy for", "pictures wait"))
    assert why.startswith(("busy for", "pictures wait"))


def test_a_low_rate_that_was_asked_for_is_kept() -> None:
    """One look in two seconds is not raised to the least."""
    rate = LookRate(0.5)
    rate.board(BoardState(throttled=True))
    assert Machine(0.02, rate).run(20.0)[0] == []
    assert rate.per_s == 0.5


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 5.0), st.floats(0.0, 90.0)), max_size=100))
def test_the_rate_stays_within_its_bounds(turns: list[tuple[float, float, float]]) -> None:
    """Whatever is measured."""
    rate, t = LookRate(5.0), 0.0
    for busy_s, age_s, temperature_c in turns:
        t += busy_s + 0.01
        rate.board(BoardState(temperature_c))
        rate.note(t, busy_s=busy_s, age_s=age_s)
        assert LEAST_PER_S <= rate.per_s <= 5.0
