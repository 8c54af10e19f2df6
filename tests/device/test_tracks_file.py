"""The text file of tracks: its columns, and what it promises about them."""

import re
from pathlib import Path

from device.tracks_file import MAX_PENDING, TracksFile
from tests.builders import make_track

SIZE = (640, 480)
ROW = re.compile(r"\d+,\d+(,-?\d+\.\d\d){4},[01]\.\d{4},-1,-1,-1")


def written(file: TracksFile, folder: Path) -> list[str]:
    """The lines of the file."""
    file.write(folder / "tracks.txt")
    return (folder / "tracks.txt").read_text(encoding="ascii").splitlines()


def test_a_row_is_number_id_box_in_pixels_and_score(tmp_path: Path) -> None:
    """The box is x, y of the top left corner, width and height, in pixels of the source."""
    file = TracksFile()
    file.add(1, SIZE, (make_track(7, box=(0.25, 0.5, 0.5, 1.0), score=0.8125),))
    (row,) = written(file, tmp_path)
    assert row == "1,7,160.00,240.00,160.00,240.00,0.8125,-1,-1,-1"
    assert ROW.fullmatch(row)


def test_only_people_and_only_where_they_were_detected(tmp_path: Path) -> None:
    """A car has no row, and nobody has one on a picture at which the detector did not look or missed them."""
    file = TracksFile()
    file.add(1, SIZE, (make_track(1), make_track(2, label="car")))
    file.add(2, SIZE, (make_track(1, seen=False),))
    file.add(3, SIZE, ())
    file.add(4, SIZE, (make_track(1),))
    assert [row.split(",")[:2] for row in written(file, tmp_path)] == [["1", "1"], ["4", "1"]]


def test_a_track_that_proves_itself_later_has_its_earlier_rows(tmp_path: Path) -> None:
    """They were detections of the very same person; one that never does so has none."""
    file = TracksFile()
    file.add(1, SIZE, (make_track(1, confirmed=False), make_track(2, confirmed=False)))
    file.add(2, SIZE, (make_track(1, moved=False), make_track(2, confirmed=False)))
    file.add(3, SIZE, (make_track(1), make_track(2, confirmed=False)))
    assert [row.split(",")[:2] for row in written(file, tmp_path)] == [["1", "1"], ["2", "1"], ["3", "1"]]


def test_a_track_that_proves_itself_while_unseen(tmp_path: Path) -> None:
    """Its earlier rows come all the same, and none for the picture in which it was not detected."""
    file = TracksFile()
    file.add(1, SIZE, (make_track(1, confirmed=False),))
    file.add(2, SIZE, (make_track(1, seen=False),))
    assert [row.split(",")[0] for row in written(file, tmp_path)] == ["1"]


def test_rows_come_by_picture_and_then_by_id(tmp_path: Path) -> None:
    """As the readers of this format expect."""
    file = TracksFile()
    file.add(9, SIZE, (make_track(3, confirmed=False), make_track(2)))
    file.add(10, SIZE, (make_track(3), make_track(2)))
    rows = [row.split(",")[:2] for row in written(file, tmp_path)]
    assert rows == [["9", "2"], ["9", "3"], ["10", "2"], ["10", "3"]]


def test_what_is_kept_of_the_unproven_has_a_bound(tmp_path: Path) -> None:
    """So many rows a track, and none once the track has died."""
    file = TracksFile()
    for number in range(1, MAX_PENDING + 100):
        file.add(number, SIZE, (make_track(1, confirmed=False),))
    assert len(file._pending[1]) == MAX_PENDING
    file.add(MAX_PENDING + 100, SIZE, (make_track(2, confirmed=False),))
    assert set(file._pending) == {2}
    assert written(file, tmp_path) == []
