"""The recorder as the configuration asks for it."""

from pathlib import Path

import pytest

from device.clock import SystemClock
from device.config import parse_config
from device.config.model import Config
from device.errors import ConfigError, StoreError
from device.ports import BegunFile
from device.recorder.folder_archive import FolderArchive
from device.recording_parts import open_recording
from tests.device.drawn import CONFIG


def configured(more: str) -> Config:
    """That of the drawn scene with more."""
    return parse_config(CONFIG.format(state_dir=".", source="synthetic:") + more, "test")


@pytest.mark.parametrize(
    ("more", "kept", "ambient"),
    [
        ("", True, 0),
        ("[recording]\ncontinuous = true\n", True, 1),
        ("[recording]\npriorities = []\n", False, 0),
        ("[recording]\npriorities = []\ncontinuous = true\n", True, 1),
        ("  [cameras.record]\n  how = 'off'\n[recording]\ncontinuous = true\n", False, 0),
    ],
)
def test_packets_are_made_where_somebody_takes_them(more: str, kept: bool, ambient: int, tmp_path: Path) -> None:
    """What is never recorded is never encoded."""
    with open_recording(configured(more), FolderArchive(tmp_path), SystemClock()) as recording:
        assert (recording.packets["aisle"] is not None) == kept
        assert len(recording.ambient) == ambient
        assert len({loop.name for loop in recording.loops}) == len(recording.loops)


class BrokenArchive(FolderArchive):
    """Cannot say what was left."""

    def unfinished(self) -> tuple[BegunFile, ...]:
        """Fail."""
        raise StoreError("the disk fails")


def test_what_cannot_be_mended_holds_up_no_guard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, and the recorder works."""
    with open_recording(configured(""), BrokenArchive(tmp_path), SystemClock()) as recording:
        assert recording.loops
    assert "recordings_not_mended" in capsys.readouterr().out


def test_a_clip_that_has_no_room_for_its_event_is_refused() -> None:
    """Pre-roll, post-roll and a second of the event must fit."""
    with pytest.raises(ConfigError, match="max_clip_s must be longer"):
        configured("[recording]\nmax_clip_s = 30.0\npre_roll_s = 20.0\npost_roll_s = 20.0\n")
