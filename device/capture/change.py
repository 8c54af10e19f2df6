"""Whether a picture is the same as the one before it, bit by bit. Does not judge what that means."""

import zlib

from device.capture.planes import Plane


class ChangeSense:
    """Compares each picture's luma with the last one's, on every sixteenth row.

    Sensor noise changes some pixel of those rows in every picture of a working camera; a frozen one repeats them all.
    """

    def __init__(self) -> None:
        self._last = -1

    def differs(self, i420: Plane) -> bool:
        """Whether this picture is another one than the last; true for the first."""
        rows = i420.shape[0] * 2 // 3
        before, self._last = self._last, zlib.crc32(i420[8:rows:16].tobytes())
        return self._last != before
