"""Recordings on a real disk give way in time; what is locked or not finished stays."""

import os
import secrets
from pathlib import Path

import pytest

from device.clock import SimulatedClock
from device.core.event import Event
from device.core.ids import RandomIds
from device.core.message import MessageMaker
from device.core.retention import RetentionSettings
from device.errors import StoreError
from device.recorder.folder_archive import FolderArchive
from device.recorder.holdings import Holdings
from device.recorder.retention import Retention

EVENTS = [f"0190163d-8694-739b-aea5-966c26f8ad9{number}" for number in range(4)]


def recorded(folder: Path, name: str, event_id: str | None, t: float, *, finished: bool = True) -> None:
    """A recording of 1000 bytes, last written at that time."""
    archive = FolderArchive(folder)
    path = archive.begin(name, kind="clip" if event_id else "ambient", camera="aisle", event_id=event_id)
    path.write_bytes(b"x" * 1000)
    if finished:
        archive.finish(name)
    os.utime(path, (t, t))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four events and two pieces of continuous recording."""
    for number, event_id in enumerate(EVENTS):
        recorded(tmp_path, f"evidence/{event_id}/clip.mp4", event_id, 100.0 + number, finished=number < 3)
    for number in range(2):
        recorded(tmp_path, f"ambient/aisle/{number}.mp4", None, 200.0 + number)
    return tmp_path


def retention(folder: Path, settings: RetentionSettings, told: list[Event]) -> Retention:
    """Retention whose looks the test takes."""
    clock = SimulatedClock(wall=1000.0)
    messages = MessageMaker(
        device="shop-1", camera=None, boot_id="0", ids=RandomIds(secrets.randbits), clock_synced=clock.synced
    )
    return Retention(Holdings(folder), settings, clock, emit=told.append, messages=messages)


def left(folder: Path) -> set[str]:
    """What is still there."""
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/*/*.mp4")}


def test_the_oldest_give_way(folder: Path) -> None:
    """Continuous pieces first, then events with all their files; what is being written is not touched."""
    Holdings(folder).keep(EVENTS[0], locked=True)
    assert retention(folder, RetentionSettings(max_bytes=3000), []).look() == 3
    assert left(folder) == {f"evidence/{EVENTS[number]}/clip.mp4" for number in (0, 2, 3)}
    assert not (folder / "evidence" / EVENTS[1]).exists()
    assert retention(folder, RetentionSettings(max_bytes=0), []).look() == 1
    assert left(folder) == {f"evidence/{EVENTS[number]}/clip.mp4" for number in (0, 3)}


def test_a_lock_can_be_undone(folder: Path) -> None:
    """And says of itself whether it is there; what is no event of ours is refused."""
    holdings = Holdings(folder)
    holdings.keep(EVENTS[0], locked=True)
    assert holdings.is_locked(EVENTS[0])
    holdings.keep(EVENTS[0], locked=False)
    assert not holdings.is_locked(EVENTS[0])
    for nobody in ("../../etc", "0190163d-8694-739b-aea5-966c26f8ad99", ""):
        with pytest.raises(StoreError):
            holdings.keep(nobody, locked=True)
        assert not holdings.is_locked(nobody)


def test_a_disk_without_room_is_told(folder: Path) -> None:
    """Once, when nothing more can go."""
    told: list[Event] = []
    it = retention(folder, RetentionSettings(min_free_bytes=1 << 60), told)
    it.look()
    it.look()
    assert left(folder) == {f"evidence/{EVENTS[3]}/clip.mp4"}
    assert [(event.kind, event.state) for event in told] == [("health", "start")]


def test_an_empty_state_directory_is_nothing_to_do(tmp_path: Path) -> None:
    """Before anything was recorded."""
    assert retention(tmp_path, RetentionSettings(max_bytes=0), []).look() == 0
