"""What every archive promises to the recorder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.clock import SimulatedClock
from device.errors import StoreError
from device.evidence.chained_archive import ChainedArchive
from device.evidence.device_key import DeviceKey
from device.evidence.ledger import Ledger
from device.ports import Archive
from device.recorder.folder_archive import FolderArchive

EVENT = "01a21d62-1dcd-7cb9-ba4e-544602aecb9d"
CLIP, STILL = f"evidence/{EVENT}/clip.mp4", f"evidence/{EVENT}/still-1.jpg"


def folder(state: Path) -> Iterator[Archive]:
    """The fake."""
    yield FolderArchive(state)


def chained(state: Path) -> Iterator[Archive]:
    """The service's, with its chain."""
    ledger = Ledger(state, DeviceKey.of(state), "shop-1")
    yield ChainedArchive(FolderArchive(state), ledger, state, SimulatedClock(), lambda _: [])


Make = Callable[[Path], Iterator[Archive]]


@pytest.fixture(params=[folder, chained], ids=lambda make: make.__name__)
def make(request: pytest.FixtureRequest) -> Make:
    """Each archive in turn."""
    chosen: Make = request.param
    return chosen


@pytest.fixture
def archive(make: Make, tmp_path: Path) -> Iterator[Archive]:
    """It, over an empty state directory."""
    yield from make(tmp_path)


def begin(archive: Archive, name: str = CLIP) -> Path:
    """Begin a file of the event."""
    return archive.begin(name, kind="still" if name.endswith("jpg") else "clip", camera="aisle", event_id=EVENT)


def test_it_says_where_and_the_folder_is_there(archive: Archive, tmp_path: Path) -> None:
    """Inside the state directory, under the name that was given; the file itself is the recorder's to make."""
    path = begin(archive)
    assert path == tmp_path / CLIP
    assert path.parent.is_dir()
    assert not path.exists()


@pytest.mark.parametrize("name", ["../clip.mp4", "evidence/../../clip.mp4", "/etc/clip.mp4"])
def test_no_name_leads_out(archive: Archive, name: str) -> None:
    """A file lies below the state directory or nowhere."""
    with pytest.raises(ValueError, match=r"."):
        begin(archive, name)


def test_what_is_begun_is_unfinished_until_it_is_finished_or_abandoned(archive: Archive) -> None:
    """So that the next run can mend it."""
    assert archive.unfinished() == ()
    for name in (CLIP, STILL):
        begin(archive, name).write_bytes(b"picture")
    assert [(it.name, it.kind, it.event_id) for it in archive.unfinished()] == [
        (CLIP, "clip", EVENT), (STILL, "still", EVENT),
    ]  # fmt: skip
    archive.finish(CLIP)
    archive.abandon(STILL)
    assert archive.unfinished() == ()


def test_the_next_run_finds_what_was_left_in_the_middle_and_ends_it(make: Make, tmp_path: Path) -> None:
    """Whatever of it came to the disk: a piece of the file, or nothing."""
    for before in make(tmp_path):
        for name in (CLIP, STILL):
            begin(before, name)
        (tmp_path / CLIP).write_bytes(b"half")
    for after in make(tmp_path):
        assert {it.name: it.path for it in after.unfinished()} == {CLIP: tmp_path / CLIP, STILL: tmp_path / STILL}
        after.finish(CLIP)
        after.abandon(STILL)
        after.seal(EVENT)
        assert after.unfinished() == ()


def test_abandoned_it_is_gone(archive: Archive) -> None:
    """Row and file; also where the file never came to be. The name is free again."""
    path = begin(archive)
    path.write_bytes(b"half")
    archive.abandon(CLIP)
    assert not path.exists()
    begin(archive)
    archive.abandon(CLIP)


def test_an_event_is_sealed_with_all_its_files(archive: Archive) -> None:
    """Sealing twice, as after a power cut, does no harm."""
    for name in (CLIP, STILL):
        begin(archive, name).write_bytes(b"picture")
        archive.finish(name)
    archive.seal(EVENT)
    archive.seal(EVENT)


def test_what_is_not_there_cannot_be_finished(archive: Archive) -> None:
    """Neither a file that was never written, nor one that was never begun."""
    begin(archive)
    for name in (CLIP, STILL):
        with pytest.raises(StoreError):
            archive.finish(name)
