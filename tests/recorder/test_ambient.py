"""What is recorded all the time: pieces, their names, their cost for the disk."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from device.capture.packet_store import PacketStore
from device.clock import SimulatedClock
from device.errors import StoreError
from device.ports import FileKind
from device.recorder.ambient import AmbientRecorder
from device.recorder.folder_archive import FolderArchive
from tests.recorder.packets import fill, packets, played

PATIENCE_S = 20.0


def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    poll = threading.Event()
    for _ in range(round(PATIENCE_S / 0.01)):
        if true():
            return
        poll.wait(0.01)
    raise AssertionError


def record(archive: FolderArchive, count: int, *, clock: SimulatedClock | None = None) -> AmbientRecorder:
    """Record so many pictures in pieces of three seconds, and stop."""
    store, taken = PacketStore(600.0, 50_000_000), [0]
    wall = (clock or SimulatedClock()).wall
    ambient = AmbientRecorder("aisle", store, archive, segment_s=3.0, wall=wall)
    ambient.start()
    info, made = packets(count)
    feed = store.feed()
    feed.take(info)
    for begin in range(0, count, 10):
        fill(feed, info, made[begin : begin + 10])
        taken[0] = begin + 10
        until(lambda: (ambient._next or 0) >= min(taken[0], count))
    assert ambient.stop(PATIENCE_S)
    return ambient


def test_pieces_follow_each_other_without_a_gap(tmp_path: Path) -> None:
    """Each begins with a keyframe and is called by its beginning; together they show everything once."""
    archive = FolderArchive(tmp_path)
    record(archive, 75)
    names = sorted(archive.files)
    assert names == [f"ambient/aisle/20000101T12000{second}Z.mp4" for second in range(3)]
    shown = [number for name in names for _, number in played(tmp_path / name)]
    assert shown == [number % 20 for number in range(75)]
    assert {it.kind for it in archive.files.values()} == {"ambient"}
    assert all(it.sha256 for it in archive.files.values())


def test_a_clock_that_is_set_back_overwrites_nothing(tmp_path: Path) -> None:
    """Names rise all the same."""
    archive, clock = FolderArchive(tmp_path), SimulatedClock()
    begin = archive.begin

    def set_back(name: str, *, kind: FileKind, camera: str, event_id: str | None) -> Path:
        clock.set_wall(clock.wall() - 3600.0)
        return begin(name, kind=kind, camera=camera, event_id=event_id)

    archive.begin = set_back  # type: ignore[method-assign]
    record(archive, 95, clock=clock)
    assert len(archive.files) == 4


class FullArchive(FolderArchive):
    """Has no room at first."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.refused = 0

    def begin(self, name: str, *, kind: FileKind, camera: str, event_id: str | None) -> Path:
        """Refuse twice."""
        if self.refused < 2:
            self.refused += 1
            raise StoreError("no room for what is recorded all the time")
        return super().begin(name, kind=kind, camera=camera, event_id=event_id)


def test_it_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    """What did not fit is missing, the rest is there."""
    archive, store = FullArchive(tmp_path), PacketStore(600.0, 50_000_000)
    ambient = AmbientRecorder("aisle", store, archive, segment_s=3.0, wall=SimulatedClock().wall)
    waits: list[float] = []

    def wait(stop: threading.Event, seconds: float) -> bool:
        waits.append(seconds)
        return stop.is_set()

    ambient._wait = wait
    ambient.start()
    info, made = packets(60)
    feed = store.feed()
    feed.take(info)
    fill(feed, info, made)
    until(lambda: ambient.stats().progress > 0)
    assert ambient.stop(PATIENCE_S)
    assert len(waits) == 2
    assert min(waits) >= 3.0
    shown = [number for name in sorted(archive.files) for _, number in played(tmp_path / name)]
    assert shown == [number % 20 for number in range(20, 60)]


@pytest.mark.parametrize("count", [0, 5])
def test_next_to_nothing_leaves_nothing_half_done(tmp_path: Path, count: int) -> None:
    """Stopped before the first fragment is whole: it is written in the end; nothing came: no file."""
    archive = FolderArchive(tmp_path)
    record(archive, count)
    assert [len(played(tmp_path / name)) for name in archive.files] == [5] * bool(count)


class ShrinkingArchive(FolderArchive):
    """Has room for so many looks, and then none until the file that grows is given up."""

    looks = 3

    def make_room(self) -> None:
        """As on a disk that fills up."""
        self.looks -= 1
        if self.looks == 0:
            raise StoreError("less than 512 MiB are free")
        super().make_room()


def test_a_piece_ends_where_it_would_take_the_room_that_is_left_to_others(tmp_path: Path) -> None:
    """In the middle; what it has is finished, so that it may give way, and a later piece goes on."""
    archive = ShrinkingArchive(tmp_path)
    ambient = record(archive, 75)
    assert ambient.stats().failures == 1
    assert all(it.sha256 for it in archive.files.values())
    assert not archive.unfinished()
    shown = [number for name in sorted(archive.files) for _, number in played(tmp_path / name)]
    assert len(shown) < 75
    assert shown[0] == 0
