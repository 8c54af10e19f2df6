"""Writes tracks of people as a MOTChallenge text file. Follows nothing itself."""

from collections import deque
from pathlib import Path

from device.core.track import Track

Row = tuple[int, int, float, float, float, float, float]

MAX_PENDING = 512
"""Rows kept for one track that is not yet confirmed, the newest ones."""


class TracksFile:
    """Collects rows; a track's rows from before it was confirmed are kept back until it is.

    Only people, only pictures in which they were detected, nothing interpolated.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._pending: dict[int, deque[Row]] = {}

    def add(self, number: int, size: tuple[int, int], tracks: tuple[Track, ...]) -> None:
        """Note one picture: its number from 1, its width and height in px, and the tracks after it."""
        alive = {track.id for track in tracks}
        self._pending = {id_: rows for id_, rows in self._pending.items() if id_ in alive}
        for track in tracks:
            if track.label != "person":
                continue
            if track.seen:
                self._note(number, size, track)
            if track.confirmed:
                self._rows += self._pending.pop(track.id, ())

    def _note(self, number: int, size: tuple[int, int], track: Track) -> None:
        (width, height), (x1, y1, x2, y2) = size, track.box
        row = (number, track.id, x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height, track.score)
        if track.confirmed:
            self._rows.append(row)
        else:
            self._pending.setdefault(track.id, deque(maxlen=MAX_PENDING)).append(row)

    def write(self, path: Path) -> None:
        """Write ``frame,id,x,y,w,h,score,-1,-1,-1``, by frame and id."""
        lines = [
            f"{number},{id_},{x:.2f},{y:.2f},{w:.2f},{h:.2f},{score:.4f},-1,-1,-1\n"
            for number, id_, x, y, w, h, score in sorted(self._rows)
        ]
        path.write_text("".join(lines), encoding="ascii")
