"""The alarm panel: delays, alarms, commands."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from device.core.arming.command import ACTIONS, Proof
from device.core.arming.panel import Panel
from device.core.arming.standing import Cause, Saved, rule_place
from device.core.event import ARMED_STATES, ArmedState
from tests.core.arming.panels import AT_THE_DOOR, INTRUDER, THIEF, ask, make_panel


def words(panel: Panel, *moments: float) -> list[str]:
    """What the panel shows at some times."""
    shown = []
    for t in moments:
        panel.tick(t, None)
        shown.append(panel.standing.panel)
    return shown


def test_leaving_takes_the_exit_delay() -> None:
    """Away comes into force once it is over, and is told as one happening."""
    panel = make_panel()
    answer = panel.command(ask("arm", state="away", proof="none", who=None), 10.0, None)

    assert (answer.done, answer.text) == (True, "arming")
    assert words(panel, 39.9, 40.0) == ["arming", "armed_away"]
    assert [draft.kind for draft in answer.drafts] == ["armed"]
    assert answer.drafts[0].reasons == ("armed away by mqtt", "30 s to leave")


def test_who_stays_at_home_is_guarded_at_once() -> None:
    """Only states that somebody leaves wait for the exit delay."""
    panel = make_panel()
    panel.command(ask("arm", state="home"), 0.0, None)

    assert panel.standing.panel == "armed_home"


def test_nothing_sets_it_off_while_somebody_leaves() -> None:
    """Intrusion is a notice inside the exit delay; theft is an alarm, and sets off no panel."""
    panel = make_panel()
    panel.command(ask("arm", state="away"), 0.0, None)

    assert panel.alarm(INTRUDER, 29.0) == ("notice", ())
    assert panel.alarm(THIEF, 29.5) == ("alarm", ())
    assert words(panel, 29.9) == ["arming"]


def test_an_entry_delay_that_nobody_uses_ends_in_an_alarm() -> None:
    """The first alarm is a warning, then the panel itself is the alarm, with what set it off."""
    panel = make_panel("away")
    panel.begin(0.0)
    priority, drafts = panel.alarm(INTRUDER, 5.0)
    assert (priority, [draft.data["panel"] for draft in drafts]) == ("warning", ["pending"])
    assert panel.alarm(AT_THE_DOOR, 24.0) == ("warning", ())

    (late,) = panel.tick(25.0, None)
    assert (late.priority, late.state, late.data["panel"]) == ("alarm", "update", "triggered")
    assert late.data["cause"] == {"kind": "person_in_zone", "camera": "aisle", "zone": "counter"}
    assert late.reasons == ("person_in_zone at counter, aisle", "nobody disarmed within 20 s")
    assert panel.alarm(INTRUDER, 26.0)[0] == "alarm"


def test_disarming_in_time_ends_it() -> None:
    """No alarm follows, and the happening of being armed is over."""
    panel = make_panel("away")
    panel.begin(0.0)
    panel.alarm(INTRUDER, 5.0)
    answer = panel.command(ask("disarm"), 24.9, None)

    assert [(draft.kind, draft.state) for draft in answer.drafts] == [("armed", "end"), ("disarmed", "start")]
    assert answer.drafts[1].data == {
        "state": "disarmed", "panel": "disarmed", "was": "pending", "source": "mqtt", "who": "anna",
    }  # fmt: skip
    assert words(panel, 25.0, 1000.0) == ["disarmed", "disarmed"]


def test_only_the_way_in_waits() -> None:
    """With places named, any other place is an alarm at once; on the way in, everything waits."""
    panel = make_panel("away", entry=frozenset({"door"}))
    assert panel.alarm(INTRUDER, 1.0)[0] == "alarm"
    assert panel.standing.panel == "triggered"

    panel = make_panel("away", entry=frozenset({"door"}))
    assert [panel.alarm(cause, 1.0)[0] for cause in (AT_THE_DOOR, INTRUDER)] == ["warning", "warning"]


@pytest.mark.parametrize("cause", [THIEF, Cause("camera_lost", "aisle"), Cause("panic", None, "button")])
def test_what_counts_in_every_state_never_waits(cause: Cause) -> None:
    """Theft, a blind camera and panic set an armed panel off at once."""
    panel = make_panel("away")

    assert panel.alarm(cause, 1.0)[0] == "alarm"
    assert panel.standing.panel == "triggered"


def test_without_delays_it_is_an_alarm_at_once() -> None:
    """As it was before anybody asked for delays."""
    panel = make_panel("away", entry_delay_s=0.0)

    assert panel.alarm(INTRUDER, 1.0)[0] == "alarm"


def test_an_alarm_is_over_when_nothing_new_comes() -> None:
    """The panel is armed again, and a later intruder has a new entry delay."""
    panel = make_panel("away", entry_delay_s=0.0)
    panel.alarm(INTRUDER, 0.0)
    panel.alarm(INTRUDER, 60.0)

    assert words(panel, 100.0, 159.9, 160.0) == ["triggered", "triggered", "armed_away"]


@pytest.mark.parametrize(
    ("armed", "pins_set", "command", "refused"),
    [
        ("away", True, ask("disarm", proof="none"), "this needs the PIN"),
        ("disarmed", True, ask("mute", proof="none"), "this needs the PIN"),
        ("away", True, ask("bypass", place="door", proof="none"), "this needs the PIN"),
        ("away", True, ask("arm", state="home", proof="none"), "this needs the PIN"),
        ("night", True, ask("arm", state="away", proof="none"), "this needs the PIN"),
        ("away", False, ask("disarm", proof="none"), "refused while armed"),
        ("away", True, ask("disarm", proof="wrong"), "wrong PIN"),
        ("disarmed", True, ask("arm", state="away", proof="wrong"), "wrong PIN"),
        ("disarmed", True, ask("bypass", place="cellar"), "there is no zone, line, shelf, input or rule 'cellar'"),
        ("disarmed", True, ask("mute", for_s=1e9), "mute takes up to 3600 s"),
        ("disarmed", True, ask("mute", for_s=float("nan")), "mute takes up to 3600 s"),
        ("disarmed", True, ask("arm", state="disarmed"), "`disarm` disarms"),
        ("disarmed", True, ask("arm"), "arm needs a state"),
    ],
)
def test_what_is_refused(armed: ArmedState, pins_set: bool, command: Any, refused: str) -> None:
    """What weakens the guard needs a PIN, and what makes no sense changes nothing."""
    panel = make_panel(armed, pins_set=pins_set)
    answer = panel.command(command, 1.0, None)

    assert not answer.done
    assert refused in answer.text
    assert panel.standing.armed == armed


@pytest.mark.parametrize(
    ("armed", "pins_set", "command"),
    [
        ("disarmed", True, ask("arm", state="away", proof="none")),
        ("away", True, ask("arm", state="away", proof="none")),
        ("away", True, ask("unbypass", place="door", proof="none")),
        ("away", True, ask("unmute", proof="none")),
        ("disarmed", False, ask("bypass", place="door", proof="none")),
        ("disarmed", False, ask("disarm", proof="none")),
        ("away", False, ask("disarm", proof="key")),
    ],
)
def test_what_is_free(armed: ArmedState, pins_set: bool, command: Any) -> None:
    """What makes the guard stronger needs no PIN, nor does a key."""
    assert make_panel(armed, pins_set=pins_set).command(command, 1.0, None).done


def test_a_second_arming_opens_no_new_exit_delay() -> None:
    """Nobody can keep the guard from ever being armed by asking again and again."""
    panel = make_panel()
    for t in (0.0, 10.0, 20.0, 29.0):
        assert panel.command(ask("arm", state="away", proof="none"), t, None).done
    assert words(panel, 30.0) == ["armed_away"]
    panel.command(ask("arm", state="away", proof="none"), 31.0, None)
    assert panel.standing.panel == "armed_away"


def test_wrong_pins_lock_and_are_told() -> None:
    """The third locks its source, a right PIN included; another source may still disarm."""
    panel = make_panel("away")
    told = [panel.command(ask("disarm", proof="wrong"), float(t), None).text for t in range(3)]
    assert told == ["wrong PIN", "wrong PIN", "wrong PIN: locked for 30 s"]
    assert panel.locked_s("mqtt", 2.0) == 30.0
    assert panel.command(ask("disarm"), 12.0, None).text == "too many wrong PINs: locked for 20 s"
    assert panel.command(ask("disarm", source="page"), 13.0, None).done


def test_refusals_are_audited_without_a_flood() -> None:
    """One message in ten seconds, with the number of those between."""
    panel = make_panel("away")
    drafts = [d for t in range(100) for d in panel.command(ask("disarm", proof="none"), t / 10 + 1.0, None).drafts]
    assert len(drafts) == 1
    (last,) = panel.command(ask("disarm", proof="none"), 12.0, None).drafts
    assert (last.kind, last.data["refused"], last.data["source"], last.data["done"]) == ("health", 100, "mqtt", False)


def test_a_bypass_lasts_until_it_is_disarmed() -> None:
    """It is told, by whom, and the next time everything is guarded again."""
    panel = make_panel()
    (told,) = panel.command(ask("bypass", place="door"), 1.0, None).drafts
    assert told.reasons == ("door is bypassed until it is disarmed, by anna (mqtt)",)
    panel.command(ask("arm", state="away"), 2.0, None)
    assert panel.standing.bypassed == {"door"}
    panel.command(ask("disarm"), 3.0, None)
    assert panel.standing.bypassed == frozenset()


def test_a_rule_that_is_off_stays_off() -> None:
    """Until somebody switches it on: disarming ends bypasses of places alone, a restart none."""
    rule = rule_place("aisle", "loitering")
    panel = make_panel("away", places=frozenset({"door", rule}))
    for place in ("door", rule):
        assert panel.command(ask("bypass", place=place), 1.0, None).done
    assert panel.command(ask("disarm"), 2.0, None).done
    assert panel.standing.bypassed == {rule}
    again = make_panel(saved=panel.saved(3.0), places=frozenset({"door", rule}))
    assert again.standing.bypassed == {rule}
    answer = again.command(ask("unbypass", place=rule), 4.0, None)
    assert answer.text == "the rule aisle/loitering is on"
    assert again.standing.bypassed == frozenset()


@pytest.mark.parametrize(("armed", "phase"), [("disarmed", "ready"), ("away", "triggered")])
def test_a_cry_for_help_is_an_alarm_in_every_state(armed: ArmedState, phase: str) -> None:
    """Without a PIN; where the guard is armed it goes off, and says so behind the cry."""
    panel = make_panel(armed)
    answer = panel.command(ask("panic", proof="none", who=None), 1.0, None)
    assert answer.done
    assert (answer.drafts[0].kind, answer.drafts[0].priority) == ("panic", "alarm")
    assert panel.standing.phase == phase


@pytest.mark.parametrize(
    ("saved", "then"),
    [("ready", "armed_away"), ("arming", "armed_away"), ("pending", "pending"), ("triggered", "triggered")],
)
def test_a_restart_helps_nobody(saved: Any, then: str) -> None:
    """An exit delay is over, an entry delay begins anew, an alarm goes on."""
    panel = make_panel(saved=Saved("away", saved))
    (told,) = panel.begin(0.0)

    assert (panel.standing.panel, told.data["panel"], told.state) == (then, then, "start")
    assert panel.saved(0.0).armed == "away"


def test_locks_and_bypasses_outlive_a_restart() -> None:
    """Pulling the plug is no way around a lock-out."""
    panel = make_panel("away")
    panel.command(ask("bypass", place="door"), 0.0, None)
    for t in range(3):
        panel.command(ask("disarm", proof="wrong"), float(t), None)
    again = make_panel(saved=panel.saved(10.0))

    assert again.standing.bypassed == {"door"}
    assert again.locked_s("mqtt", 0.0) == 22.0


PROOFS: tuple[Proof, ...] = ("none", "wrong", "pin", "key")
commands = st.builds(
    ask,
    st.sampled_from(ACTIONS),
    proof=st.sampled_from(PROOFS),
    source=st.sampled_from(["mqtt", "page"]),
    state=st.sampled_from([None, *ARMED_STATES]),
    place=st.sampled_from([None, "door", "cellar"]),
    for_s=st.none() | st.floats(-1.0, 5000.0),
)


class PanelMachine(RuleBasedStateMachine):
    """Any order of commands, alarms and pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.t = 0.0
        self.panel = make_panel(entry=frozenset({"door"}))
        self.panel.begin(0.0)
        self.before = self.panel.standing
        self.lasting = 0

    @rule(pause_s=st.floats(0.0, 60.0))
    def wait(self, pause_s: float) -> None:
        """Time passes."""
        self.t += pause_s
        self.note(self.panel.tick(self.t, None))

    @rule(cause=st.sampled_from([INTRUDER, AT_THE_DOOR, THIEF]))
    def alarm(self, cause: Cause) -> None:
        """Something happens; nothing of it sets a panel off that is not in force."""
        self.note(self.panel.tick(self.t, None))
        in_force = self.panel.standing.in_force
        priority, drafts = self.panel.alarm(cause, self.t)
        self.note(drafts)
        if in_force == "disarmed":
            assert priority == ("notice" if cause.may_wait else "alarm")
            assert drafts == ()
        if self.panel.standing.phase == "triggered":
            assert priority == "alarm"

    @rule(command=commands)
    def command(self, command: Any) -> None:
        """Somebody asks; a refusal changes nothing, and a disarming ends everything."""
        self.note(self.panel.tick(self.t, None))
        before = self.panel.standing
        answer = self.panel.command(command, self.t, None)
        self.note(answer.drafts)
        if not answer.done or (command.proof in ("none", "wrong") and before.armed != "disarmed"):
            assert self.panel.standing.armed == before.armed
            # Anybody may call for help.
            assert self.panel.standing.phase == before.phase or (answer.done and command.action == "panic")
        if answer.done and command.action == "disarm":
            assert (self.panel.standing.panel, self.panel.due()) == ("disarmed", float("inf"))

    @precondition(lambda self: self.panel.standing.phase == "pending")
    @rule()
    def disarm_in_time(self) -> None:
        """A disarming always ends an entry delay."""
        self.note(self.panel.command(ask("disarm", proof="key"), self.t, None).drafts)
        assert self.panel.standing.phase == "ready"

    @rule()
    def restart(self) -> None:
        """The power goes and comes back: what was asked for still holds."""
        self.panel.tick(self.t, None)
        saved = self.panel.saved(self.t)
        self.panel, self.t = make_panel(saved=saved, entry=frozenset({"door"})), 0.0
        self.panel.begin(0.0)
        self.lasting = int(saved.armed != "disarmed")
        self.before = self.panel.standing
        assert self.panel.standing.armed == saved.armed

    def note(self, drafts: Any) -> None:
        """Being armed is one happening at a time, from start to end."""
        for draft in drafts:
            if draft.kind == "armed":
                self.lasting += {"start": 1, "update": 0, "end": -1}[draft.state]
                assert self.lasting in (0, 1)

    @invariant()
    def never_from_leaving_to_an_alarm(self) -> None:
        """An exit delay ends in being armed or disarmed, never in an alarm."""
        now = self.panel.standing
        assert not (self.before.phase == "arming" and now.phase in ("pending", "triggered"))
        assert now.armed != "disarmed" or now.phase == "ready"
        self.before = now


TestPanelMachine = PanelMachine.TestCase
TestPanelMachine.settings = settings(max_examples=40, stateful_step_count=30)


@given(st.floats(0.0, 1e6), st.floats(0.0, 29.9))
def test_never_an_alarm_inside_the_exit_delay(start: float, later: float) -> None:
    """Whenever it was armed and whatever happens then."""
    panel = make_panel()
    panel.command(ask("arm", state="night"), start, None)
    for cause in (INTRUDER, AT_THE_DOOR, THIEF):
        panel.alarm(cause, start + later)

    assert panel.standing.phase == "arming"
