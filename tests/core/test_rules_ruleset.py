"""Rules together: a bug in one is told and reaches no other."""

from device.core.event import Draft
from device.core.rules.ruleset import MAX_FAULTS, RuleSet
from device.core.rules.scene import Scene
from tests.builders import make_draft, make_scene, make_settings


class Chatty:
    """Says something at every moment."""

    def __init__(self) -> None:
        self.settings = make_settings(name="chatty")

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """One message."""
        return (make_draft(t_emitted=scene.t),)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:  # noqa: ARG002 - it begins nothing
        """Nothing lasts."""
        return ()

    def finish(self, t: float) -> tuple[Draft, ...]:
        """One more."""
        return (make_draft(t_emitted=t, candidate=True),)


class Broken(Chatty):
    """Fails while told to."""

    def __init__(self, faults: int) -> None:
        super().__init__()
        self.settings = make_settings(name="broken", zone="yard")
        self.asked, self._faults = 0, faults

    def update(self, scene: Scene) -> tuple[Draft, ...]:  # noqa: ARG002 - fails before it looks
        """Nothing but faults, then nothing."""
        self.asked += 1
        if self.asked <= self._faults:
            raise KeyError("box")
        return ()


def test_rules_are_asked_in_order() -> None:
    """Messages come in the order in which the rules stand."""
    drafts = RuleSet((Chatty(), Broken(0), Chatty())).update(make_scene(1.0))

    assert [(d.kind, d.t_emitted) for d in drafts] == [("person_in_zone", 1.0)] * 2


def test_a_fault_becomes_an_event() -> None:
    """It names the rule, the fault and how often, and the rules before and after it speak as ever."""
    drafts = RuleSet((Chatty(), Broken(1), Chatty())).update(make_scene(2.0))

    assert [d.kind for d in drafts] == ["person_in_zone", "health", "person_in_zone"]
    assert drafts[1].reasons == ("rule broken failed: KeyError: 'box'",)
    assert drafts[1].priority == "warning"
    assert drafts[1].data == {"rule": "broken", "faults": 1}


def test_a_rule_that_keeps_failing_is_left_out() -> None:
    """After a few faults it is no longer asked, which the last message says."""
    broken = Broken(100)
    rules = RuleSet((broken, Chatty()))

    drafts = [d for t in range(10) for d in rules.update(make_scene(float(t))) if d.kind == "health"]

    assert broken.asked == len(drafts) == MAX_FAULTS
    assert [d.reasons[0].endswith("left out until the next start") for d in drafts] == [False, False, True]
    assert len({d.happening for d in drafts}) == MAX_FAULTS


def test_a_rule_that_recovers_carries_on() -> None:
    """A fault or two are no reason to leave a rule out."""
    broken = Broken(MAX_FAULTS - 1)
    rules = RuleSet((broken,))
    for t in range(10):
        rules.update(make_scene(float(t)))

    assert broken.asked == 10


def test_the_end_of_a_recording() -> None:
    """Every rule is asked once more."""
    drafts = RuleSet((Chatty(), Chatty())).finish(9.0)

    assert [(d.t_emitted, d.candidate) for d in drafts] == [(9.0, True)] * 2
