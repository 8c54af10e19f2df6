"""A camera's events, judged by a panel."""

from device.core.arming.judge import PanelArming
from device.core.arming.panel import Panel
from device.core.arming.standing import Cause, Standing
from device.core.arming.worth import ArmedRule
from device.core.event import ARMED_STATES, Draft, Priority, RuleRef
from tests.builders import make_draft
from tests.core.arming.panels import ask, make_panel

RULES = {
    "intrusion": ArmedRule(frozenset({"away", "night"}), "alarm"),
    "theft": ArmedRule(frozenset(ARMED_STATES), "alarm"),
}


class AtHand:
    """A panel whose time is the test's."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.t = panel, 0.0

    def standing(self) -> Standing:
        """As of now."""
        self.panel.tick(self.t, None)
        return self.panel.standing

    def alarm(self, cause: Cause) -> Priority:
        """Its verdict."""
        return self.panel.alarm(cause, self.t)[0]


def seen(happening: str = "intrusion/1", **changes: object) -> Draft:
    """Somebody in the zone."""
    return make_draft(rule=RuleRef("intrusion", 1), zone="counter", happening=happening, **changes)


def test_what_waited_becomes_an_alarm() -> None:
    """What still lasts when nobody has disarmed is told again, as an alarm; what has ended is not."""
    guard = AtHand(make_panel("away"))
    arming = PanelArming("aisle", RULES, guard)
    assert [arming.priority(seen("a")), arming.priority(seen("b"))] == ["warning", "warning"]
    assert arming.priority(seen("b", state="end", t_end=2.0)) == "warning"
    guard.t = 19.0
    assert arming.overdue() == ()
    guard.t = 20.0
    (late,) = arming.overdue()
    assert (late.happening, late.state, late.t_emitted) == ("a", "update", 20.0)
    assert late.reasons == ("seen", "nobody disarmed within the entry delay")
    assert arming.priority(late) == "alarm"
    assert arming.overdue() == ()


def test_what_waited_is_forgotten_when_somebody_disarms() -> None:
    """Nothing is told again."""
    guard = AtHand(make_panel("away"))
    arming = PanelArming("aisle", RULES, guard)
    arming.priority(seen())
    guard.panel.command(ask("disarm"), 1.0, None)
    guard.t = 30.0
    assert arming.overdue() == ()


def test_who_is_inside_when_it_is_armed_is_told_again() -> None:
    """What began while somebody could still leave counts once that is over: a warning first, where there is a delay."""
    guard = AtHand(make_panel("disarmed"))
    arming = PanelArming("aisle", RULES, guard)
    guard.panel.command(ask("arm", state="away"), 0.0, None)
    guard.t = 10.0
    assert (arming.priority(seen()), arming.overdue()) == ("notice", ())
    guard.t = 30.0
    (again,) = arming.overdue()
    assert again.reasons == ("seen", "it lasts, and the guard is armed away now")
    assert arming.priority(again) == "warning"
    assert guard.panel.standing.panel == "pending"
    assert arming.overdue() == ()
    guard.t = 50.0
    (late,) = arming.overdue()
    assert (late.reasons[-1], arming.priority(late)) == ("nobody disarmed within the entry delay", "alarm")


def test_an_alarm_is_told_once() -> None:
    """That the panel is triggered by it, and armed again later, is no reason to tell it again."""
    guard = AtHand(make_panel("away", entry_delay_s=0.0))
    arming = PanelArming("aisle", RULES, guard)
    assert arming.priority(seen()) == "alarm"
    assert arming.overdue() == ()
    guard.t = 200.0
    assert arming.overdue() == ()


def test_a_bypass_that_is_taken_back() -> None:
    """Whoever is there counts again."""
    guard = AtHand(make_panel("away", entry_delay_s=0.0))
    arming = PanelArming("aisle", RULES, guard)
    guard.panel.command(ask("bypass", place="counter"), 0.0, None)
    assert (arming.priority(seen()), arming.overdue()) == ("notice", ())
    guard.panel.command(ask("unbypass", place="counter"), 1.0, None)
    assert [arming.priority(draft) for draft in arming.overdue()] == ["alarm"]


def test_what_waits_is_bounded() -> None:
    """A crowd that comes in fills no memory."""
    guard = AtHand(make_panel("away"))
    arming = PanelArming("aisle", RULES, guard)
    for number in range(500):
        arming.priority(seen(f"crowd/{number}"))
    guard.t = 20.0
    assert len(arming.overdue()) == 64


def test_a_bypassed_zone_is_no_alarm() -> None:
    """Named alone or with its camera; other zones are as before."""
    for place in ("counter", "aisle/counter"):
        panel = make_panel("away", places=frozenset({place}))
        assert panel.command(ask("bypass", place=place), 0.0, None).done
        arming = PanelArming("aisle", RULES, AtHand(panel))
        assert arming.priority(seen()) == "notice"
        assert arming.priority(make_draft(rule=RuleRef("theft", 1), zone="whisky")) == "alarm"


def test_candidates_and_health_go_by_themselves() -> None:
    """A candidate sets nothing off; an alarm of the device itself sets an armed panel off."""
    guard = AtHand(make_panel("away"))
    arming = PanelArming("aisle", RULES, guard)
    assert arming.priority(seen(candidate=True)) == "info"
    assert guard.panel.standing.panel == "armed_away"
    assert arming.priority(make_draft(kind="camera_lost", rule=RuleRef("camera.watch", 1), priority="alarm")) == "alarm"
    assert guard.panel.standing.panel == "triggered"


def test_what_does_not_rise_is_worth_what_it_was_when_it_was_told() -> None:
    """Lights that were off before somebody armed make no alarm later; while armed they do not wait."""
    guard = AtHand(make_panel("disarmed"))
    arming = PanelArming("aisle", RULES, guard)
    dark = seen(priority="warning", rises=False)
    assert arming.priority(dark) == "warning"
    guard.panel = make_panel("away")
    assert arming.overdue() == ()
    assert arming.priority(seen(state="end", t_end=9.0, rises=False)) in ("notice", "warning")
    assert arming.priority(seen("b", rises=False)) == "alarm"
    assert arming.priority(seen("c", rises=False, most="warning")) == "warning"
