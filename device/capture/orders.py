"""What a camera's process is told while it runs, as bytes of a pipe. Knows no process and no source."""

import os
import struct
from dataclasses import dataclass

# kind, number, -, generation, value: one write of a record is never torn, a read of whole records never splits one
_RECORD = struct.Struct("<BBxxIf")
_READ_BYTES = 64 * _RECORD.size


@dataclass(frozen=True, slots=True)
class Free:
    """Nobody looks at the picture in this slot any more."""

    slot: int


@dataclass(frozen=True, slots=True)
class UseMasks:
    """Blacken by this set of masks from now on."""

    number: int
    """As in ``CameraRequest.polygons``."""
    generation: int
    """Counts the changes; each picture tells by which it was made."""


@dataclass(frozen=True, slots=True)
class SetRate:
    """Give so many pictures a second, or, at 0, as many as the source has."""

    fps: float


Order = Free | UseMasks | SetRate


def encode_order(order: Order) -> bytes:
    """An order as bytes."""
    match order:
        case Free(slot):
            return _RECORD.pack(0, slot, 0, 0.0)
        case UseMasks(number, generation):
            return _RECORD.pack(1, number, generation, 0.0)
        case SetRate(fps):
            return _RECORD.pack(2, 0, 0, fps)


def read_orders(pipe: int) -> list[Order]:
    """Wait for orders; none once the other side has gone."""
    return [_decoded(*fields) for fields in _RECORD.iter_unpack(os.read(pipe, _READ_BYTES))]


def _decoded(kind: int, number: int, generation: int, value: float) -> Order:
    match kind:
        case 0:
            return Free(number)
        case 1:
            return UseMasks(number, generation)
        case _:
            return SetRate(value)
