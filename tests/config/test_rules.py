"""Which rules a camera gets, how they are named and when they are armed."""

import pytest

from device.config import parse_config
from device.config.cameras import CameraTable
from device.config.rules import armed_rules, build_rules, goods_places, rule_name, rule_tables
from device.core.event import ARMED_STATES
from device.core.rules.concealment import ConcealmentRule
from device.core.rules.dwell import DwellRule
from device.core.rules.hours import AfterHours
from device.core.rules.line import LineCrossed
from device.core.rules.scene import Rule
from device.errors import ConfigError
from tests.builders import INSIDE, make_scene, make_track, states

HEAD = '[device]\nid = "a"\nstate_dir = "/s"\n[[cameras]]\nid = "c"\nsource = "synthetic:"\n'
DRAWN = """
[[cameras.zones]]
id = "yard"
polygon = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]
[[cameras.zones]]
id = "bush"
kind = "ignore"
polygon = [[0.0, 0.0], [0.3, 0.0], [0.3, 1.0], [0.0, 1.0]]
[[cameras.lines]]
id = "door"
start = [0.2, 0.5]
end = [0.8, 0.5]
"""


TAMPER = ["tamper_covered", "tamper_moved", "tamper_defocused", "tamper_dark"]


def camera(text: str) -> CameraTable:
    """The camera of a configuration."""
    return parse_config(HEAD + text, "shop.toml").cameras[0]


def own_rules(table: CameraTable) -> tuple[Rule, ...]:
    """The rules without those about the camera itself, which are always there."""
    return tuple(rule for rule in build_rules(table) if not rule.settings.kind.startswith("tamper_"))


def test_sensible_rules_for_what_is_drawn() -> None:
    """A watched zone gets person_in_zone, a line gets line_crossed, an ignored area nothing."""
    names = [rule_name(table) for table in rule_tables(camera(DRAWN))]

    assert names == ["person_in_zone-yard", "line_crossed-door", *TAMPER]
    assert [type(rule) for rule in own_rules(camera(DRAWN))] == [DwellRule, LineCrossed]


def test_an_empty_list_of_rules_means_none() -> None:
    """Only leaving the key out brings the sensible ones; the camera itself is watched in any case."""
    assert [rule_name(table) for table in rule_tables(camera(f"rules = []\n{DRAWN}"))] == TAMPER


def test_nothing_drawn_gives_no_rules() -> None:
    """A camera that only tracks has none but those about itself."""
    assert own_rules(camera("")) == ()


def test_tamper_can_be_turned_off_and_tuned() -> None:
    """One by one, with limits of the camera's own, and as a rule that is armed otherwise; a place makes no sense."""
    tuned = camera(
        '[cameras.tamper]\nmoved = false\ncovered_s = 9.0\n[[cameras.rules]]\nkind = "tamper_dark"\narmed_in = []'
    )
    after_s = {rule.settings.kind: rule.settings.after_s for rule in build_rules(tuned)}
    assert after_s == {"tamper_dark": 3.0, "tamper_covered": 9.0, "tamper_defocused": 5.0}
    assert armed_rules(tuned)["tamper_dark"].armed_in == frozenset()
    assert armed_rules(camera(""))["tamper_dark"].armed_in == {"home", "away", "night"}
    assert armed_rules(camera(""))["tamper_covered"].armed_in == set(ARMED_STATES)
    with pytest.raises(ConfigError, match="is about the whole picture; leave its place out"):
        camera(f'{DRAWN}[[cameras.rules]]\nkind = "tamper_dark"\nzone = "yard"')


def test_values_of_the_file_replace_those_of_the_kind() -> None:
    """What is left out takes the kind's own default, what is written holds, zero as well."""
    rules = own_rules(
        camera(
            f'{DRAWN}[[cameras.rules]]\nkind = "loitering"\nafter_s = 0\n'
            '[[cameras.rules]]\nkind = "loitering"\nzone = "yard"\nname = "long"\nlabels = ["dog", "cat"]'
        )
    )

    assert [(r.settings.name, r.settings.after_s, r.settings.zone) for r in rules] == [
        ("loitering", 0.0, None),
        ("long", 30.0, "yard"),
    ]
    assert rules[1].settings.labels == {"dog", "cat"}


def test_nothing_counts_in_an_ignored_area() -> None:
    """A foot that is in the zone and in an ignored area makes no event; beside that area it does."""
    rule = build_rules(camera(DRAWN))[0]

    assert rule.update(make_scene(0.0, make_track(foot=(0.25, 0.5)))) == ()
    assert states(rule.update(make_scene(0.1, make_track(foot=INSIDE)))) == ["start"]


def test_when_rules_are_armed() -> None:
    """Intrusion counts in away and night unless the file says otherwise, with the priority that it says."""
    armed = armed_rules(
        camera(
            f'{DRAWN}[[cameras.rules]]\nkind = "person_in_zone"\nzone = "yard"\n'
            '[[cameras.rules]]\nkind = "line_crossed"\nline = "door"\narmed_in = ["home"]\npriority = "warning"\n'
            '[[cameras.rules]]\nkind = "loitering"\narmed_in = []'
        )
    )

    assert armed["person_in_zone-yard"].armed_in == {"away", "night"}
    assert armed["person_in_zone-yard"].priority == "alarm"
    assert armed["line_crossed-door"].armed_in == {"home"}
    assert armed["line_crossed-door"].priority == "warning"
    assert armed["loitering"].armed_in == frozenset()


TABLE = """
[[cameras.shelves]]
id = "table"
polygon = [[0.4, 0.5], [0.8, 0.5], [0.8, 0.9], [0.4, 0.9]]
[[cameras.rules]]
kind = "concealment"
"""


def test_concealment_watches_a_shelf_or_a_zone_and_is_a_notice() -> None:
    """Whatever `priority` is left at: what hands did is no proof of what anybody meant."""
    shelf, zone = (
        camera(f'{TABLE}shelf = "table"\n'),
        camera(f'{DRAWN}[[cameras.rules]]\nkind = "concealment"\nzone = "yard"\n'),
    )

    assert [type(rule) for drawn in (shelf, zone) for rule in own_rules(drawn)] == [ConcealmentRule] * 2
    assert armed_rules(shelf)["concealment-table"].priority == "notice"
    assert goods_places(shelf)[0].points[0] == (0.4, 0.5)
    assert goods_places(camera(DRAWN)) == ()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("", "needs the key `shelf` or `zone`"), ('shelf = "table"\npriority = "alarm"', "is a `notice` at most")],
)
def test_concealment_is_refused_without_a_place_or_as_an_alarm(line: str, complaint: str) -> None:
    """With the place in the file."""
    with pytest.raises(ConfigError, match=complaint):
        camera(f"{TABLE}{line}\n")


CROWD = """
[[cameras.rules]]
kind = "crowding"
zone = "yard"
count = 2
after_s = 0.0
[[cameras.rules]]
kind = "vehicle_in_zone"
zone = "yard"
[[cameras.rules]]
kind = "vehicle_in_zone"
zone = "yard"
name = "bicycles"
labels = ["bicycle"]
"""


def test_a_crowd_and_a_vehicle() -> None:
    """Vehicles are what their kind says, or what the owner does; two people are a crowd where two are asked for."""
    crowd, vehicles, bicycles = own_rules(camera(DRAWN + CROWD))
    assert vehicles.settings.labels == {"car", "truck", "bus", "motorcycle"}
    assert bicycles.settings.labels == {"bicycle"}

    people = [make_track(1, INSIDE), make_track(2, (0.6, 0.5))]
    car = make_track(3, INSIDE, label="car")
    assert [states(rule.update(make_scene(0.0, *people, car))) for rule in (crowd, vehicles, bicycles)] == [
        ["start"], ["start"], [],
    ]  # fmt: skip
    assert crowd.update(make_scene(1.0, people[0], car)) == ()


def test_opening_hours_of_a_rule() -> None:
    """Anywhere on the picture where no zone is named, of the class that is asked for, by the calendar that is given."""
    (rule,) = own_rules(
        camera(
            '[[cameras.rules]]\nkind = "after_hours"\nlabels = ["dog"]\n'
            'hours = [{ days = ["sat"], opens = "18:00", closes = "02:00" }]'
        )
    )
    assert isinstance(rule, AfterHours)
    assert rule.settings.labels == {"dog"}
    assert rule.settings.zone is None


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('kind = "loitering"\nhours = [{ days = ["sat"], opens = "18:00", closes = "02:00" }]', "has no `hours`"),
        ('kind = "after_hours"\nhours = [{ days = ["sat"], opens = "6pm", closes = "02:00" }]', "opens"),
    ],
)
def test_opening_hours_that_are_refused(rule: str, complaint: str) -> None:
    """Of another rule, or at no time of day."""
    with pytest.raises(ConfigError, match=complaint):
        camera(f"[[cameras.rules]]\n{rule}")
