"""From an event to files that play: clips, stills, and what happens when the disk or the camera does not play along."""

import contextlib
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.capture.packet_store import PacketStore
from device.clock import SimulatedClock
from device.core.event import Event
from device.core.frame import Frame
from device.core.track import Track
from device.detect.scripted import ScriptedDetector
from device.errors import StoreError
from device.pipeline import NOT_LOOKED, Step
from device.ports import Archive, FileKind
from device.recorder.folder_archive import FolderArchive
from device.recorder.plan import RecordingSettings
from device.recorder.recorder import Recorder
from tests.builders import make_motion, make_track
from tests.events import make_event
from tests.recorder.packets import FPS, fill, filled, packets, picture, played

PATIENCE_S = 20.0
BLIND = ScriptedDetector({})
SETTINGS = RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, max_clip_s=30.0)


def alarm(t: float, **changes: object) -> Event:
    """One that is over at once."""
    values: dict[str, object] = {"priority": "alarm", "t_start": t, "t_emitted": t, "t_end": t, "objects": ()}
    return make_event(**{**values, **changes})


def make_step(t: float, *tracks: Track, number: int = 0) -> Step:
    """What one picture led to."""
    return Step(Frame(0, t, None, picture(number, 320, 240)), make_motion(), NOT_LOOKED, tracks, ())


@dataclass
class Rig:
    """A recorder at work."""

    recorder: Recorder
    clock: SimulatedClock
    store: PacketStore
    archive: Archive

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        poll = threading.Event()
        for _ in range(round(PATIENCE_S / 0.01)):
            if true():
                return
            poll.wait(0.01)
        raise AssertionError([loop.stats() for loop in self.recorder.loops])


@contextlib.contextmanager
def rig(
    archive: Archive, store: PacketStore | None = None, *, settings: RecordingSettings = SETTINGS, t: float = 100.0
) -> Iterator[Rig]:
    """A recorder of one camera, whose time stands still until it is moved."""
    clock = SimulatedClock()
    clock.wait(t)
    kept = store or filled(200, t0=90.0)
    recorder = Recorder({"aisle": kept}, settings, archive, clock)
    for loop in recorder.loops:
        loop.start()
    try:
        yield Rig(recorder, clock, kept, archive)
    finally:
        for loop in recorder.loops:
            assert loop.stop(PATIENCE_S)


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    """Files below a folder of their own."""
    return FolderArchive(tmp_path)


def test_an_alarm_has_a_clip_that_plays(archive: FolderArchive, tmp_path: Path) -> None:
    """From a keyframe before the pre-roll to the end of the post-roll; nothing was encoded again."""
    with rig(archive) as made:
        event = made.recorder.mark(alarm(100.0))
        assert event.evidence.clip is not None
        made.until(lambda: archive.sealed == (event.event_id,))
    shown = played(tmp_path / event.evidence.clip)
    # Pictures 80 (98.0 s) to 130 (103.0 s) of a ring that begins at 90 s.
    assert [number for _, number in shown] == [number % 20 for number in range(80, 131)]
    assert shown[-1][0] == pytest.approx(5.0, abs=0.01)
    kept = archive.files[event.evidence.clip]
    assert (kept.kind, kept.camera, kept.event_id) == ("clip", "aisle", event.event_id)
    data = (tmp_path / event.evidence.clip).read_bytes()
    assert (kept.size_bytes, kept.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert b"moof" not in data


def test_a_pre_roll_begins_with_what_there_is(archive: FolderArchive, tmp_path: Path) -> None:
    """Right after the start the ring is short."""
    with rig(archive) as made:
        event = made.recorder.mark(alarm(90.5))
        made.until(lambda: bool(archive.sealed))
    assert event.evidence.clip is not None
    assert len(played(tmp_path / event.evidence.clip)) == 36


def test_alarms_that_overlap_share_a_file(archive: FolderArchive, tmp_path: Path) -> None:
    """One clip from the first's pre-roll to the second's post-roll; both events are sealed, once."""
    with rig(archive, filled(120, t0=90.0), t=100.0) as made:
        first = made.recorder.mark(alarm(100.0))
        second = made.recorder.mark(alarm(102.0))
        info, more = packets(80, t0=102.0)
        fill(made.store._feed, info, more)  # type: ignore[arg-type]
        made.until(lambda: set(archive.sealed) == {first.event_id, second.event_id})
    assert second.evidence.clip == first.evidence.clip
    assert first.evidence.clip is not None
    assert played(tmp_path / first.evidence.clip)[-1][0] == pytest.approx(7.0, abs=0.01)
    assert [name for name in archive.files if name.endswith(".mp4")] == [first.evidence.clip]


def test_a_clip_ends_with_its_camera(archive: FolderArchive, tmp_path: Path) -> None:
    """A camera that gives no packets any more: the clip has what there was, and is not waited for."""
    with rig(archive, filled(110, t0=90.0)) as made:
        event = made.recorder.mark(alarm(100.0, kind="camera_lost"))
        made.clock.wait(20.0)
        made.until(lambda: bool(archive.sealed))
    assert event.evidence.clip is not None
    assert played(tmp_path / event.evidence.clip)[-1][0] == pytest.approx(2.9, abs=0.01)


def test_another_size_begins_another_file(archive: FolderArchive, tmp_path: Path) -> None:
    """The clip goes on beside the first one, under the next number, and both are the event's."""
    with rig(archive, filled(110, t0=90.0)) as made:
        event = made.recorder.mark(alarm(100.0))
        assert event.evidence.clip is not None
        made.until((tmp_path / event.evidence.clip).exists)
        made.until(lambda: made.recorder._recorders["aisle"]._writers.copy().popitem()[1][1].next == 110)
        info, more = packets(60, t0=101.0, size=(96, 64))
        feed = made.store.feed()
        feed.take(info)
        fill(feed, info, more)
        made.until(lambda: bool(archive.sealed))
    second = event.evidence.clip.replace(".mp4", "_2.mp4")
    assert len(played(tmp_path / event.evidence.clip)) == 30
    assert len(played(tmp_path / second)) == 21
    assert archive.files[second].event_id == event.event_id


def test_stills_show_the_decisive_moments(archive: FolderArchive, tmp_path: Path) -> None:
    """Start, the best one, the end; with boxes and without, each the picture that led to it."""
    person = make_track(7, t_seen=100.0, score=0.5)
    with rig(archive) as made:
        recorder, start = made.recorder, alarm(100.0, t_end=None)
        start = replace(start, objects=(replace(make_event().objects[0], track=7),))
        recorder.mark(start)
        recorder.show("aisle", make_step(100.0, person, number=1), BLIND)
        recorder.show("aisle", make_step(100.1, replace(person, score=0.53), number=2), BLIND)
        recorder.show("aisle", make_step(100.2, replace(person, score=0.9), number=3), BLIND)
        recorder.show("aisle", make_step(100.3, replace(person, score=0.8), number=4), BLIND)
        told = recorder.mark(replace(start, state="end", t_end=101.0, t_emitted=101.0))
        recorder.show("aisle", make_step(101.0, number=5), BLIND)
        recorder.show("aisle", make_step(101.1, number=6), BLIND)
        made.until(lambda: bool(archive.sealed))
    assert sorted(told.evidence.stills) == sorted(name for name in archive.files if name.endswith(".jpg"))
    levels = {}
    for name in told.evidence.stills:
        shown = np.asarray(cv2.imread(str(tmp_path / name)), int)
        levels[Path(name).name] = round((shown[-5:, :5].mean() * 219 / 255 + 16 - 30) / 10)
        drawn = bool((shown[..., 1] - shown[..., [0, 2]].max(axis=2) > 40).any())
        assert drawn == (name.endswith("-boxes.jpg") and "still-3" not in name)
    assert levels == {f"still-{n}{b}.jpg": level for n, level in ((1, 1), (2, 3), (3, 5)) for b in ("", "-boxes")}


def test_a_still_that_may_leave_hides_people(archive: FolderArchive, tmp_path: Path) -> None:
    """Also those whom nobody follows yet: the detector is asked where it had not looked at that very picture."""
    box = (0.25, 0.25, 0.5, 1.0)
    step, clock = make_step(100.0), SimulatedClock(monotonic=100.0)
    step.frame.i420[:240] = np.random.default_rng(1).integers(20, 230, (240, 320))
    recorder = Recorder({"aisle": None}, SETTINGS, archive, clock, pixelated=["aisle"])
    for loop in recorder.loops:
        loop.start()
    event = recorder.mark(alarm(100.0))
    recorder.show("aisle", step, ScriptedDetector({0: [("person", 0.3, box)]}))
    clock.advance(20.0)
    Rig(recorder, clock, PacketStore(1.0, 1), archive).until(lambda: bool(archive.sealed))
    for loop in recorder.loops:
        assert loop.stop(PATIENCE_S)
    detail = {}
    for name in event.evidence.stills:
        grey = np.asarray(cv2.imread(str(tmp_path / name), cv2.IMREAD_GRAYSCALE), int)
        detail[name.rpartition("still-1")[2]] = np.abs(np.diff(grey[70:230, 90:150])).mean()
    assert detail["-pixelated.jpg"] < 0.3 * detail[".jpg"]
    assert event.evidence.clip is None


def test_nothing_to_record_costs_nothing(archive: FolderArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures pass; none is copied."""
    monkeypatch.setattr("device.recorder.recorder.take_shot", lambda *_: pytest.fail("a copy"))
    with rig(archive) as made:
        for number in range(20):
            made.recorder.show("aisle", make_step(100.0 + number / FPS, make_track()), BLIND)
        assert made.recorder.mark(make_event()).evidence.clip is None
    assert not archive.files


def test_many_alarms_leave_nothing_open_and_nothing_remembered(archive: FolderArchive) -> None:
    """Handles, threads and tables are as before."""
    track = make_track(7, t_seen=100.0, score=0.5)
    with rig(archive) as made:
        before = handles(), threading.active_count()
        for number in range(8):
            start = replace(alarm(100.0, t_end=None), objects=(replace(make_event().objects[0], track=7),))
            made.recorder.mark(start)
            made.recorder.show("aisle", make_step(100.0, track), BLIND)
            made.recorder.show("aisle", make_step(100.1, replace(track, score=0.9)), BLIND)
            made.recorder.mark(replace(start, state="end", t_end=101.0, t_emitted=101.0))
            made.recorder.show("aisle", make_step(101.0), BLIND)
            made.clock.advance(0.0 if number else 10.0)
            made.until(lambda number=number: len(archive.sealed) > number)  # type: ignore[misc]
        plan, (writing, finisher) = made.recorder._plan, made.recorder.loops
        assert (handles(), threading.active_count()) == before
        assert (made.recorder._best, plan.clips["aisle"], plan.wishes["aisle"]) == ({}, deque(), [])
        assert [loop.stats().queued for loop in (writing, finisher)] == [0, 0]
        assert not made.recorder._recorders["aisle"]._writers


def handles() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class HangingArchive(FolderArchive):
    """Its disk does not answer."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.answers = threading.Event()

    def begin(self, name: str, *, kind: FileKind, camera: str, event_id: str | None) -> Path:
        """Wait for the disk."""
        if camera == "aisle":
            self.answers.wait(PATIENCE_S)
        return super().begin(name, kind=kind, camera=camera, event_id=event_id)


def test_a_disk_that_hangs_holds_up_neither_an_event_nor_another_camera(tmp_path: Path) -> None:
    """Whoever marks and shows goes on at once; what waits is bounded."""
    archive, clock = HangingArchive(tmp_path), SimulatedClock()
    clock.wait(100.0)
    stores = {"aisle": filled(200, t0=90.0), "till": filled(200, t0=90.0)}
    recorder = Recorder(stores, SETTINGS, archive, clock)
    for loop in recorder.loops:
        loop.start()
    made = Rig(recorder, clock, stores["aisle"], archive)
    for number in range(100):
        recorder.mark(alarm(100.0 + 2 * number))
        recorder.show("aisle", make_step(100.0 + 2 * number), BLIND)
    other = recorder.mark(alarm(100.0, camera="till"))
    made.until(lambda: archive.sealed == (other.event_id,))
    stats = recorder.loops[0].stats()
    assert stats.queued <= 40
    assert stats.dropped > recorder.refused("aisle") > 0
    archive.answers.set()
    clock.wait(2000.0)
    for loop in recorder.loops:
        assert loop.stop(PATIENCE_S)


class FullArchive(FolderArchive):
    """The first files lie on a disk that is full, or there is no room for them."""

    def __init__(self, folder: Path, *, refuses: bool) -> None:
        super().__init__(folder)
        self.refuses, self.full = refuses, 2

    def begin(self, name: str, *, kind: FileKind, camera: str, event_id: str | None) -> Path:
        """Where every write fails, or nowhere."""
        if self.full and self.refuses and kind == "clip":
            self.full -= 1
            raise StoreError("the disk is full")
        path = super().begin(name, kind=kind, camera=camera, event_id=event_id)
        if self.full and kind == "clip":
            self.full -= 1
            return Path("/dev/full")
        return path


@pytest.mark.parametrize("refuses", [True, False])
def test_a_full_disk_costs_what_does_not_fit_and_no_more(tmp_path: Path, refuses: bool) -> None:
    """It is told, tried again, and once there is room the clip goes on with a file that plays."""
    archive = FullArchive(tmp_path, refuses=refuses)
    with rig(archive) as made:
        event = made.recorder.mark(alarm(100.0))
        made.until(lambda: bool(archive.sealed))
        assert made.recorder.loops[0].stats().failures == 2
    assert event.evidence.clip is not None
    assert 20 < len(played(tmp_path / event.evidence.clip)) < 51
    assert list(archive.files) == [event.evidence.clip]


def test_what_is_recorded_when_the_guard_stops_is_kept(archive: FolderArchive, tmp_path: Path) -> None:
    """The clip ends there; it is whole, and its event is sealed."""
    with rig(archive, filled(110, t0=90.0)) as made:
        event = made.recorder.mark(alarm(100.0))
        assert event.evidence.clip is not None
        made.until((tmp_path / event.evidence.clip).exists)
    assert archive.sealed == (event.event_id,)
    assert len(played(tmp_path / event.evidence.clip)) == 30


def test_what_an_earlier_run_left_in_the_middle_is_mended(tmp_path: Path) -> None:
    """A clip that was cut short becomes whole; half a picture and what shows nothing go."""
    archive = FolderArchive(tmp_path)
    with rig(archive) as made:
        event = made.recorder.mark(alarm(100.0))
        made.until(lambda: bool(archive.sealed))
    assert event.evidence.clip is not None
    whole = tmp_path / event.evidence.clip
    after = FolderArchive(tmp_path)
    for name, kind, data in (
        ("evidence/1/clip.mp4", "clip", whole.read_bytes()[:-500]),
        ("evidence/1/still-1.jpg", "still", b"\xff\xd8half"),
        ("evidence/1/still-2.jpg", "still", b"\xff\xd8whole\xff\xd9"),
        ("evidence/2/clip.mp4", "clip", b""),
        ("evidence/3/clip.mp4", "clip", None),
    ):
        path = after.begin(name, kind=kind, camera="aisle", event_id=name.split("/")[1])  # type: ignore[arg-type]
        if data is not None:
            path.write_bytes(data)
    (tmp_path / "evidence/1/clip.mp4.part").write_bytes(b"rest")
    recorder = Recorder({"aisle": None}, SETTINGS, after, SimulatedClock())
    recorder.recover()
    for loop in recorder.loops:
        loop.start()
    made = Rig(recorder, SimulatedClock(), PacketStore(1.0, 1), after)
    made.until(lambda: len(after.sealed) == 3)
    for loop in recorder.loops:
        assert loop.stop(PATIENCE_S)
    assert sorted(after.files) == ["evidence/1/still-2.jpg"]
    assert not (tmp_path / "evidence/1/clip.mp4.part").exists()
