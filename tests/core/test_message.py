"""How a draft becomes a message with an identity and a label of time."""

from device.core.ids import DerivedIds, unix_ms_of
from device.core.message import MAX_ENDED, MessageMaker
from tests.builders import make_draft

NOON_2000 = 946_728_000.0
BOOT = "00000000-0000-0000-0000-000000000000"


def maker(*, synced: bool = True) -> MessageMaker:
    """Messages of one camera."""
    return MessageMaker(
        device="shop-1", camera="aisle", boot_id=BOOT, ids=DerivedIds("test"), clock_synced=lambda: synced
    )


def test_who_and_when() -> None:
    """Device, camera, boot and priority come from outside; the wall time is a label with its offset."""
    event = maker().make(make_draft(t_start=1.23456789), "alarm", NOON_2000 + 1.5)

    assert (event.device, event.camera, event.boot_id, event.priority) == ("shop-1", "aisle", BOOT, "alarm")
    assert event.time == "2000-01-01T12:00:01.500+00:00"
    assert event.clock_synced
    assert event.t_start == 1.234568
    assert event.seq is None
    assert unix_ms_of(event.id) == 946_728_001_500


def test_messages_of_one_happening_share_its_identity() -> None:
    """Each message has a name of its own, and all of one happening the same second name."""
    messages = maker()
    start = messages.make(make_draft(), "alarm", NOON_2000)
    end = messages.make(make_draft(state="end", t_end=2.0), "alarm", NOON_2000 + 5)
    other = messages.make(make_draft(happening="rule/2"), "alarm", NOON_2000 + 6)

    assert start.event_id == end.event_id != other.event_id
    assert len({start.id, end.id, other.id}) == 3


def test_links_name_earlier_happenings() -> None:
    """A link to something that was never told is left out."""
    messages = maker()
    taken = messages.make(make_draft(happening="taken"), "notice", NOON_2000)
    back = messages.make(make_draft(happening="back", links=("taken", "unknown")), "notice", NOON_2000)

    assert back.links == (taken.event_id,)


def test_a_clock_that_nobody_believes() -> None:
    """Without wall time the label is the beginning of 1970; it is marked, as is one that was never set."""
    assert not maker().make(make_draft(), "notice", None).clock_synced
    assert maker().make(make_draft(), "notice", None).time == "1970-01-01T00:00:00.000+00:00"
    assert not maker(synced=False).make(make_draft(), "notice", NOON_2000).clock_synced


def test_what_lasts_keeps_its_identity_however_much_happens_meanwhile() -> None:
    """An open happening is never forgotten; of those that are over only the newest are remembered."""
    messages = maker()
    first = messages.make(make_draft(happening="first"), "info", NOON_2000)
    for number in range(MAX_ENDED + 10):
        messages.make(make_draft(happening=str(number), t_end=1.0), "info", NOON_2000)

    assert messages.make(make_draft(happening="first", state="end", t_end=2.0), "info", NOON_2000).event_id == first.id
    assert len(messages._ended) == MAX_ENDED
    assert not messages._open
