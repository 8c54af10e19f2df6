"""The desk: commands obeyed or refused, and how things stand, without a broker."""

import json
from dataclasses import dataclass, field, replace

import pytest

from device.clock import SimulatedClock
from device.core.arming.command import Answer
from device.core.arming.standing import Standing, rule_place
from device.guard.guard import Request
from device.remote.asked import VERBS
from device.remote.desk import MOST, WITHIN_S, Desk, DeskParts
from device.sinks.mqtt_board import Board
from device.sinks.mqtt_session import Message
from tests.events import make_event

BASE = "shopwarden/shop-1"


@dataclass
class Guarded:
    """A guard that does whatever it is asked, and remembers it."""

    stands: Standing = Standing("away")
    asked: list[Request] = field(default_factory=list)

    def command(self, request: Request) -> Answer:
        """Do it."""
        self.asked.append(request)
        return Answer(done=True, text=f"{request.action} done")

    def standing(self) -> Standing:
        """How it stands."""
        return self.stands


class OnePicture:
    """A camera that gives the same picture."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool, bool]] = []
        self.picture: bytes | None = b"jpeg"

    def jpeg(self, camera: str, *, boxes: bool, pixelated: bool, timeout_s: float) -> bytes | None:
        """The picture."""
        assert timeout_s > 0
        self.asked.append((camera, boxes, pixelated))
        return self.picture


@dataclass
class Rig:
    """A desk whose steps the test takes."""

    private: bool = True
    guard: Guarded = field(default_factory=Guarded)
    board: Board = field(default_factory=Board)
    pictures: OnePicture = field(default_factory=OnePicture)
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    siren: bool = False
    fps: float = 5.0

    def __post_init__(self) -> None:
        parts = DeskParts(
            base=BASE, board=self.board, guard=self.guard, pictures=self.pictures,
            cameras={"aisle": True, "yard": False}, zones=("aisle/counter",), rules=("aisle/loitering",),
            siren=lambda: self.siren, figures=lambda: {"fps": self.fps}, clock=self.clock, private=self.private,
        )  # fmt: skip
        self.desk = Desk(parts)

    def say(self, verb: str, payload: str = "", *, retained: bool = False) -> None:
        """Send a command and have it worked on."""
        self.desk.hear(Message(f"{BASE}/command/{verb}", payload.encode(), retained))
        self.step()

    def step(self) -> None:
        """Let the desk work on one command; a word that wakes it stands in for none."""
        if self.desk._waiting.empty():
            self.desk._wake()
        self.desk._step()

    def told(self) -> dict[str, str]:
        """What the broker would be told, by topic."""
        texts = [(it.topic, it.payload) for it in self.board.take()]
        return {topic: text if isinstance(text, str) else text.decode() for topic, text in texts}

    def answer(self) -> dict[str, object]:
        """The last answer."""
        answer: dict[str, object] = json.loads(self.told()[f"{BASE}/answer"])
        return answer


@pytest.fixture
def rig() -> Rig:
    """A desk over TLS."""
    return Rig()


def test_a_command_is_the_guards_and_is_answered(rig: Rig) -> None:
    """With its PIN, in the guard's words."""
    rig.say("disarm", '{"pin": "1234"}')
    assert rig.guard.asked == [Request(action="disarm", source="mqtt", pin="1234")]
    assert rig.answer() == {"command": "disarm", "done": True, "text": "disarm done"}


@pytest.mark.parametrize(
    ("verb", "payload", "request_"),
    [
        ("arm", "away", Request(action="arm", source="mqtt", state="away")),
        ("bypass", '{"place": "counter"}', Request(action="bypass", source="mqtt", place="counter")),
        ("bypass", '{"place": "counter", "on": false}', Request(action="unbypass", source="mqtt", place="counter")),
        ("mute", '{"for_s": 5}', Request(action="mute", source="mqtt", for_s=5.0)),
        ("siren", "ON", Request(action="panic", source="mqtt")),
        ("siren", "OFF", Request(action="mute", source="mqtt")),
        ("rule", '{"rule": "aisle/loitering", "on": "OFF"}',
         Request(action="bypass", source="mqtt", place="rule:aisle/loitering")),
        ("rule", '{"rule": "aisle/loitering", "on": "ON"}',
         Request(action="unbypass", source="mqtt", place="rule:aisle/loitering")),
    ],
)  # fmt: skip
def test_each_in_the_guards_words(rig: Rig, verb: str, payload: str, request_: Request) -> None:
    """What weakens the guard is for the guard to refuse: it alone knows about PINs."""
    rig.say(verb, payload)
    assert rig.guard.asked == [request_]


def test_a_retained_command_means_nothing(rig: Rig) -> None:
    """It is somebody's of long ago."""
    rig.say("disarm", "1234", retained=True)
    assert rig.guard.asked == []
    assert f"{BASE}/answer" not in rig.told()


@pytest.mark.parametrize("verb", VERBS)
def test_an_empty_command_means_nothing(rig: Rig, verb: str) -> None:
    """A broker's retained command is taken away by one: that must not sound the siren."""
    rig.say(verb, "")
    assert rig.guard.asked == []
    assert f"{BASE}/answer" not in rig.told()


def test_a_pin_is_not_taken_where_others_can_read_along() -> None:
    """Neither tried nor repeated; a command without one still goes through."""
    rig = Rig(private=False)
    rig.say("disarm", "1234")
    assert rig.guard.asked == []
    answer = rig.answer()
    assert answer["done"] is False
    assert "over TLS" in str(answer["text"])
    assert "1234" not in str(answer)
    rig.say("arm", "away")
    assert len(rig.guard.asked) == 1


def test_too_many_are_refused_for_a_while(rig: Rig) -> None:
    """And obeyed again later; the refused are counted."""
    for _ in range(MOST + 3):
        rig.say("arm", "away")
    assert len(rig.guard.asked) == MOST
    assert "more than" in str(rig.answer()["text"])
    assert rig.desk.stats().dropped == 3
    rig.clock.advance(WITHIN_S)
    rig.say("arm", "away")
    assert len(rig.guard.asked) == MOST + 1


def test_a_flood_is_bounded(rig: Rig) -> None:
    """What does not fit is dropped and counted; nobody waits."""
    for _ in range(1000):
        rig.desk.hear(Message(f"{BASE}/command/arm", b"away", retained=False))
    assert rig.desk.stats().queued <= 32
    assert rig.desk.stats().dropped >= 968


def test_a_snapshot_hides_people_where_the_camera_says_so(rig: Rig) -> None:
    """By the camera's own setting; one that gives none, and one that is not there, are told."""
    rig.say("snapshot", "aisle")
    assert rig.told()[f"{BASE}/aisle/snapshot"] == "jpeg"
    rig.say("snapshot", "yard")
    assert rig.pictures.asked == [("aisle", True, True), ("yard", True, False)]
    rig.pictures.picture = None
    rig.say("snapshot", "yard")
    assert rig.answer()["text"] == "yard gives no picture"
    rig.say("snapshot", "cellar")
    assert "no camera 'cellar'" in str(rig.answer()["text"])


def test_an_alarm_brings_a_picture(rig: Rig) -> None:
    """Of its camera, once; no other event does."""
    event = make_event()
    rig.desk.offer(replace(event, priority="notice"))
    rig.desk.offer(replace(event, priority="alarm", state="update"))
    rig.desk.offer(replace(event, priority="alarm", state="start", camera="aisle"))
    rig.step()
    assert rig.pictures.asked == [("aisle", True, True)]
    told = rig.told()
    assert f"{BASE}/aisle/snapshot" in told
    assert f"{BASE}/answer" not in told


def test_states_are_those_of_now(rig: Rig) -> None:
    """Panel, siren, zones and rules in one message, sent when it changes."""
    event = replace(make_event(), camera="aisle", zone="counter", kind="person_in_zone")
    rig.step()
    first = json.loads(rig.told()[f"{BASE}/state"])
    assert first == {
        "panel": "armed_away", "armed": "away", "bypassed": [], "siren": "OFF",
        "zones": {"aisle/counter": "OFF"}, "rules": {"aisle/loitering": "ON"},
    }  # fmt: skip
    rig.step()
    assert f"{BASE}/state" not in rig.told()
    rig.desk.offer(event)
    rig.siren = True
    bypassed = frozenset({"door", rule_place("aisle", "loitering")})
    rig.guard.stands = Standing("away", "triggered", bypassed=bypassed)
    rig.step()
    then = json.loads(rig.told()[f"{BASE}/state"])
    assert then == first | {
        "panel": "triggered", "siren": "ON", "bypassed": ["door"], "zones": {"aisle/counter": "ON"},
        "rules": {"aisle/loitering": "OFF"},
    }  # fmt: skip
    rig.desk.offer(replace(event, state="end", t_end=3.0))
    rig.step()
    assert json.loads(rig.told()[f"{BASE}/state"])["zones"] == {"aisle/counter": "OFF"}


def test_diagnostics_come_now_and_then(rig: Rig) -> None:
    """At the start and every half minute, where they have changed."""
    rig.step()
    assert json.loads(rig.told()[f"{BASE}/diagnostics"]) == {"fps": 5.0}
    rig.fps = 7.0
    rig.step()
    assert f"{BASE}/diagnostics" not in rig.told()
    rig.clock.advance(30.0)
    rig.step()
    assert json.loads(rig.told()[f"{BASE}/diagnostics"]) == {"fps": 7.0}


def test_the_board_is_bounded() -> None:
    """Topics, and words that nobody takes."""
    board = Board()
    for number in range(512):
        board.put(f"t/{number}", "x")
    with pytest.raises(ValueError, match="more than 512"):
        board.put("t/one-more", "x")
    for number in range(1000):
        board.say("w", str(number))
    words = [it.payload for it in board.take() if it.topic == "w"]
    assert words == [str(number) for number in range(936, 1000)]
