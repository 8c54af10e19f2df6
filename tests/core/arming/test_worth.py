"""What an event is worth in each state of the guard."""

import pytest

from device.core.arming import ArmedRule, Arming
from device.core.event import ARMED_STATES, ArmedState, Priority, RuleRef
from tests.builders import make_draft

RULES = {
    "intrusion": ArmedRule(frozenset({"away", "night"}), "alarm"),
    "theft": ArmedRule(frozenset(ARMED_STATES), "alarm"),
    "light": ArmedRule(frozenset({"home"}), "warning"),
}


@pytest.mark.parametrize(
    ("state", "intrusion", "theft", "light"),
    [
        ("disarmed", "notice", "alarm", "notice"),
        ("home", "notice", "alarm", "warning"),
        ("away", "alarm", "alarm", "notice"),
        ("night", "alarm", "alarm", "notice"),
    ],
)
def test_priorities(state: ArmedState, intrusion: Priority, theft: Priority, light: Priority) -> None:
    """A rule's own priority counts where it is armed; elsewhere the event keeps what it came with."""
    arming = Arming(state, RULES)

    worth = [arming.priority(make_draft(rule=RuleRef(name, 1))) for name in ("intrusion", "theft", "light")]

    assert worth == [intrusion, theft, light]


def test_a_candidate_is_only_information() -> None:
    """Below its rule's threshold nothing is ever an alarm."""
    assert Arming("away", RULES).priority(make_draft(rule=RuleRef("theft", 1), candidate=True)) == "info"


def test_events_of_no_rule_keep_their_priority() -> None:
    """The health of the device is worth the same in every state."""
    assert Arming("away", RULES).priority(make_draft(rule=RuleRef("rules", 1), priority="warning")) == "warning"


def test_a_change_of_state_counts_at_once() -> None:
    """The next event is judged by the new state."""
    arming = Arming("away", RULES)
    draft = make_draft(rule=RuleRef("intrusion", 1))

    assert arming.priority(draft) == "alarm"
    arming.state = "home"
    assert arming.priority(draft) == "notice"


def test_rules_are_copied() -> None:
    """What the caller does to the table afterwards changes nothing."""
    rules = dict(RULES)
    arming = Arming("away", rules)
    rules.clear()

    assert arming.priority(make_draft(rule=RuleRef("intrusion", 1))) == "alarm"


def test_nothing_is_worth_more_unarmed_than_armed() -> None:
    """A rule that whispers when it is armed does not speak up when it is not."""
    rules = {"whisper": ArmedRule(frozenset({"away"}), "info")}
    draft = make_draft(rule=RuleRef("whisper", 1))

    assert [Arming(state, rules).priority(draft) for state in ("disarmed", "away")] == ["info", "info"]
