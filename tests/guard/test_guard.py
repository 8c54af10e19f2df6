"""The one door to the panel."""

import threading

import pytest
from structlog.testing import capture_logs

from device.core.arming.standing import Cause, Standing
from device.core.arming.worth import ArmedRule
from device.core.event import RuleRef
from device.guard import guard as module
from device.guard.guard import Request
from tests.builders import make_draft
from tests.core.arming.panels import INTRUDER
from tests.guard.guards import at_work
from tests.pins.waiting import soon

DISARM = Request(action="disarm", source="page 192.0.2.7", pin="4711")


def test_a_command_is_on_disk_before_it_is_answered() -> None:
    """Whoever was told that it is disarmed finds it so after a power cut."""
    with at_work() as work:
        answer = work.guard.command(DISARM)

        assert (answer.done, answer.text, answer.saved) == (True, "disarmed", True)
        assert work.disk.saved[-1][0].armed == "disarmed"
        assert work.told() == [
            "armed start notice armed_away",
            "armed end info armed_away",
            "disarmed start notice disarmed",
        ]
        assert (work.events[-1].camera, work.events[-1].data["who"]) == (None, "anna")


def test_a_disk_that_fails_is_told_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is disarmed all the same, and the answer says that a restart undoes it; later it is saved after all."""
    monkeypatch.setattr(module, "SAVE_WAIT_S", 0.05)
    with at_work() as work:
        work.disk.fails = True
        answer = work.guard.command(DISARM)
        assert (answer.done, answer.saved, work.guard.standing().armed) == (True, False, "disarmed")
        work.disk.fails = False
        assert soon(lambda: bool(work.disk.saved) and work.disk.saved[-1][0].armed == "disarmed")


def test_a_disk_that_hangs_holds_up_no_alarm() -> None:
    """While a command waits for the disk, cameras are judged and the siren is told."""
    with at_work(entry_delay_s=0.0) as work:
        work.disk.goes_on.clear()
        asking = threading.Thread(
            target=work.guard.command, args=(Request(action="bypass", source="page", pin="4711", place="door"),)
        )
        asking.start()
        assert soon(lambda: bool(work.guard.standing().bypassed))
        assert work.guard.alarm(INTRUDER) == "alarm"
        assert work.told()[-1] == "armed update alarm triggered"
        assert asking.is_alive()
        work.disk.goes_on.set()
        asking.join(20.0)
        assert not asking.is_alive()


def test_no_pin_is_checked_while_its_source_is_locked() -> None:
    """A locked guesser costs no hash, and the right PIN is no way out."""
    with at_work() as work:
        for pin in ("0000", "1111", "2222"):
            assert not work.guard.command(Request(action="disarm", source="mqtt", pin=pin)).done
        answer = work.guard.command(Request(action="disarm", source="mqtt", pin="4711"))
        assert (answer.text, work.pins.checked) == ("too many wrong PINs: locked for 30 s", 3)
        assert work.guard.command(DISARM).done
        assert work.disk.saved[-1][0].locks[0].source == "mqtt"


def test_tries_at_one_time_are_counted_one_by_one() -> None:
    """Ten guesses sent at once are three guesses."""
    with at_work() as work:
        wrong = Request(action="disarm", source="mqtt", pin="0000")
        threads = [threading.Thread(target=work.guard.command, args=(wrong,)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20.0)
        assert work.pins.checked == 3


def test_a_pin_is_told_nobody() -> None:
    """It is in no log, no event, no answer and no picture of the request."""
    with capture_logs() as logs, at_work() as work:
        request = Request(action="disarm", source="mqtt", pin="98765432")
        answer = work.guard.command(request)
        assert "98765432" not in f"{logs} {work.events} {answer} {request} {work.disk.saved}"


def test_the_entry_delay_runs_out_by_itself() -> None:
    """The guard's own thread sees to it, whatever cameras do."""
    with at_work() as work:
        assert work.guard.alarm(INTRUDER) == "warning"
        work.clock.advance(19.9)
        assert work.guard.standing().phase == "pending"
        work.clock.advance(0.1)
        work.guard.start()
        assert soon(lambda: "armed update alarm triggered" in work.told())
        assert soon(lambda: bool(work.disk.saved) and work.disk.saved[-1][0].phase == "triggered")
        assert work.guard.stop(20.0)


def test_listeners_hear_of_each_change() -> None:
    """At once how it stands, later what it becomes; one that fails reaches nobody else."""
    with at_work() as work:
        heard: list[str] = []

        def fail(standing: Standing) -> None:
            if standing.armed == "disarmed":
                raise ValueError("no")

        work.guard.listen(lambda standing: heard.append(standing.panel))
        work.guard.listen(fail)
        work.guard.start()
        work.guard.command(DISARM)
        assert soon(lambda: heard[-1] == "disarmed")
        assert heard[0] == "armed_away"
        assert work.guard.stop(20.0)


def test_a_panic_button_needs_no_armed_guard() -> None:
    """It is an alarm in every state; the event names the input."""
    with at_work("disarmed", kinds=("panic",)) as work:
        work.guard.sensed("panic", True, 1.0)
        assert work.told()[-1] == "panic start alarm"
        assert work.events[-1].zone == "panic"


def test_a_door_waits_for_who_disarms() -> None:
    """Away, a door contact begins the entry delay like a camera does."""
    with at_work("away", kinds=("door",)) as work:
        work.guard.sensed("door", True, 1.0)
        work.guard.sensed("door", False, 2.0)
        assert work.told()[1:] == ["armed update warning pending", "input start warning", "input end warning"]


def test_a_key_arms_and_disarms() -> None:
    """Each press changes the state, without a PIN, and is in the audit."""
    with at_work("disarmed", kinds=("key",), exit_delay_s=0.0) as work:
        work.guard.sensed("key", True, 1.0)
        work.guard.sensed("key", False, 1.2)
        assert work.guard.standing().panel == "armed_away"
        work.guard.sensed("key", True, 9.0)
        assert work.guard.standing().panel == "disarmed"
        assert [event.data.get("source") for event in work.events[-2:]] == [None, "key key"]


def test_mute_reaches_the_outputs() -> None:
    """For as long as asked, and back."""
    with at_work("disarmed") as work:
        work.guard.command(Request(action="mute", source="page", pin="4711", for_s=60.0))
        work.guard.command(Request(action="unmute", source="page"))
        assert work.muted == [60.0, 0.0]


def test_an_untrusted_clock_keeps_schedules_waiting() -> None:
    """Where the clock is not set, the panel is told of no wall time."""
    with at_work("disarmed") as work:
        work.clock.set_wall(1e9, synced=False)
        assert work.guard._wall() is None
        work.clock.set_wall(1e9)
        assert work.guard._wall() == 1e9


def test_many_threads_at_once() -> None:
    """Cameras, commands and inputs from everywhere: every stretch of being armed has one start and at most one end."""
    with at_work("disarmed", kinds=("door", "key"), exit_delay_s=0.0) as work:
        rules = {"rule": ArmedRule(frozenset({"away"}), "alarm")}

        def camera() -> None:
            judge = work.guard.judge("aisle", rules)
            for number in range(60):
                judge.priority(make_draft(rule=RuleRef("rule", 1), happening=f"rule/{number}"))
                judge.overdue()

        def key() -> None:
            for number in range(60):
                work.guard.sensed("key", number % 2 == 0, float(number))

        def door() -> None:
            for number in range(60):
                work.guard.sensed("door", number % 2 == 0, float(number))

        work.guard.start()
        threads = [threading.Thread(target=run) for run in (camera, camera, key, door)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60.0)
        work.guard.alarm(Cause("panic"))
        assert work.guard.stop(20.0)
        states = [event.state for event in work.events if event.kind == "armed" and event.state != "update"]
        assert states == ["start", "end"] * (len(states) // 2) + ["start"] * (len(states) % 2)
        assert work.guard.stats().bugs == 0
