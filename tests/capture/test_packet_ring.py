import threading

from hypothesis import given
from hypothesis import strategies as st

from device.capture.packet_pipe import Gap, Masked
from device.capture.packet_ring import PacketRing
from device.capture.packet_store import PacketStore
from device.core.packet import EncodedPacket, StreamInfo

INFO = StreamInfo("h264", 64, 48, b"sets")
STEP_S = 0.1


def packet(index: int, *, keyframe: bool, size: int = 10) -> EncodedPacket:
    """The packet of that number, ten a second."""
    return EncodedPacket(
        index.to_bytes(4, "big") + bytes(size - 4), index * STEP_S, index * 9000, index * 9000, keyframe
    )


kinds = st.lists(st.tuples(st.booleans(), st.integers(4, 60)), max_size=120)


def filled(made: list[tuple[bool, int]], max_s: float, max_bytes: int) -> tuple[PacketRing, list[EncodedPacket]]:
    """A ring into which these packets went, and the packets."""
    ring = PacketRing(max_s, max_bytes)
    ring.begin(INFO)
    packets = [packet(index, keyframe=key, size=size) for index, (key, size) in enumerate(made)]
    for one in packets:
        ring.add(one)
        assert ring.size_bytes <= max_bytes
    return ring, packets


@given(kinds, st.floats(0, 5), st.integers(50, 3000), st.floats(-1, 13))
def test_a_run_can_be_played_and_is_whole(made: list[tuple[bool, int]], max_s: float, max_bytes: int, t: float) -> None:
    """It begins at a keyframe, at or before the wanted time unless told otherwise, and ends with the newest packet."""
    ring, packets = filled(made, max_s, max_bytes)
    run = ring.since(t)
    if run is None:
        return
    assert run.info == INFO
    assert run.packets[0].keyframe
    first = packets.index(run.packets[0])
    assert list(run.packets) == packets[first:]
    if run.lost:
        assert run.packets[0].t > t
    else:
        assert run.packets[0].t <= t
        assert not any(later.keyframe and later.t <= t for later in run.packets[1:])


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.floats(0, 5))
def test_so_many_seconds_can_be_reached_back(keys: list[bool], max_s: float) -> None:
    """Wherever there are so many since the first keyframe; and never more than one group beyond them."""
    ring, packets = filled([(key, 4) for key in keys], max_s, 10**6)
    playable = packets[keys.index(True) :] if True in keys else []
    run = ring.since(-1.0)
    if not playable:
        assert run is None
        return
    assert run is not None
    now = packets[-1].t
    assert run.packets[0].t <= max(now - max_s, playable[0].t) + 1e-9
    later_keys = [one.t for one in run.packets[1:] if one.keyframe]
    assert not later_keys or later_keys[0] > now - max_s


@given(kinds, st.lists(st.integers(1, 20), max_size=20))
def test_whoever_follows_gets_every_packet_once(made: list[tuple[bool, int]], reads: list[int]) -> None:
    """A recorder that asks again and again, and is told where the ring was faster."""
    ring = PacketRing(2.0, 400)
    ring.begin(INFO)
    got: list[EncodedPacket] = []
    number, left = 0, list(reads)
    for index, (key, size) in enumerate(made):
        ring.add(packet(index, keyframe=key, size=size))
        if left and index % left[0] == 0:
            left.pop(0)
            run = ring.after(number)
            if run is not None:
                if run.lost:
                    assert run.packets[0].keyframe
                got += run.packets
                number = run.next
    assert len({one.pts for one in got}) == len(got)
    assert [one.pts for one in got] == sorted(one.pts for one in got)


def test_what_cannot_be_played_is_counted() -> None:
    """Before the first keyframe, after a loss, and a group that is larger than the ring."""
    ring = PacketRing(5.0, 100)
    assert not ring.add(packet(0, keyframe=True))
    ring.begin(INFO)
    assert [ring.add(packet(index, keyframe=index == 2)) for index in (1, 2, 3)] == [False, True, True]
    ring.interrupt()
    assert [ring.add(packet(index, keyframe=index == 5)) for index in (4, 5)] == [False, True]
    assert ring.dropped == 3
    for index in range(6, 20):
        ring.add(packet(index, keyframe=False))
    assert ring.since(0.0) is None
    assert ring.dropped > 10


def test_another_stream_is_not_mixed_with_the_last() -> None:
    """A camera that comes back in another size: what its decoder cannot read is gone; the same goes on."""
    ring = PacketRing(60.0, 10**6)
    ring.begin(INFO)
    ring.add(packet(0, keyframe=True))
    ring.begin(INFO)
    ring.add(packet(1, keyframe=True))
    run = ring.since(0.0)
    assert run is not None
    assert len(run.packets) == 2
    ring.begin(StreamInfo("h264", 128, 96))
    assert ring.since(0.0) is None


def test_a_process_that_has_been_replaced_says_nothing_more() -> None:
    """Its last packets may come late; and masks that changed make packets void."""
    store = PacketStore(60.0, 10**6)
    old = store.feed()
    old.take(INFO)
    old.take(Masked(packet(0, keyframe=True), 0))
    new = store.feed()
    new.take(INFO)
    old.take(Masked(packet(1, keyframe=True), 0))
    new.demand(1)
    new.take(Masked(packet(2, keyframe=True), 0))
    new.take(Masked(packet(3, keyframe=False), 1))
    new.take(Masked(packet(4, keyframe=True), 1))
    new.take(Gap(7))
    new.take(Masked(packet(5, keyframe=False), 1))
    run = store.since(0.0)
    assert run is not None
    assert [one.t for one in run.packets] == [0.0, 4 * STEP_S]
    assert store.dropped() == 7 + 2


def test_a_reader_waits_for_news() -> None:
    """And gets nothing when none comes."""
    store = PacketStore(60.0, 10**6)
    assert store.after(0, 0.01) is None
    feed = store.feed()
    feed.take(INFO)
    timer = threading.Timer(0.05, feed.take, (Masked(packet(0, keyframe=True), 0),))
    timer.start()
    run = store.after(0, 20.0)
    timer.join()
    assert run is not None
    assert store.after(run.next, 0.01) is None
