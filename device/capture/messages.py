"""What a camera's process says to the one that started it, as bytes of a pipe. Holds no pixels, knows no process."""

import math
import os
import struct
from dataclasses import dataclass

from device.core.stamp import Stamp
from device.errors import CameraError


@dataclass(frozen=True, slots=True)
class Hello:
    """The source is open; pictures of this size will come."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture lies in this slot of the ring, and stays until the slot is given back."""

    slot: int
    stamp: Stamp
    changed: bool
    """Whether it differs from the picture before it."""
    faults: int
    """Pictures that the source has found damaged so far."""
    masks: int = 0
    """Generation of the masks that it was made with, as in ``orders.UseMasks``."""


@dataclass(frozen=True, slots=True)
class End:
    """The recording is over."""

    text: str
    faults: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The source cannot go on."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a line in the log."""

    text: str


Message = Hello | Picture | End | Failure | Note

# kind, slot, changed, -, width, height, bytes of text after this header, faults, masks, seq, t, wall (NaN: none)
_HEADER = struct.Struct("<BB?xHHIIIQdd")
_KINDS: tuple[type[Message], ...] = (Hello, Picture, End, Failure, Note)
_MAX_TEXT_BYTES = 2000  # header and text stay below PIPE_BUF (4096): one write, never torn


def encode(message: Message) -> bytes:
    """A message as bytes; a long text is cut."""
    slot = width = height = faults = masks = seq = 0
    changed, t, wall, text = False, 0.0, math.nan, b""
    match message:
        case Hello():
            width, height = message.width, message.height
        case Picture():
            slot, changed, faults = message.slot, message.changed, message.faults
            seq, t, masks = message.stamp.seq, message.stamp.t, message.masks
            wall = math.nan if message.stamp.wall is None else message.stamp.wall
        case End():
            text, faults = _cut(message.text), message.faults
        case Failure() | Note():
            text = _cut(message.text)
    kind = _KINDS.index(type(message))
    return _HEADER.pack(kind, slot, changed, width, height, len(text), faults, masks, seq, t, wall) + text


def read_message(pipe: int) -> Message | None:
    """The next message of a pipe; None once the other side has gone, also in the middle of a word.

    Raises:
        CameraError: what came is no message.
    """
    header = _read_all(pipe, _HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, slot, changed, width, height, text_bytes, faults, masks, seq, t, wall = _HEADER.unpack(header)
    if kind >= len(_KINDS) or text_bytes > _MAX_TEXT_BYTES:
        raise CameraError("its process speaks another language; install Shopwarden again")
    text = _read_all(pipe, text_bytes).decode(errors="replace")
    match kind:
        case 0:
            return Hello(width, height)
        case 1:
            return Picture(slot, Stamp(seq, t, None if math.isnan(wall) else wall), changed, faults, masks)
        case 2:
            return End(text, faults)
        case 3:
            return Failure(text)
        case _:
            return Note(text)


def _cut(text: str) -> bytes:
    one_line = " ".join(text.split())
    return one_line.encode(errors="replace")[:_MAX_TEXT_BYTES]


def _read_all(pipe: int, size: int) -> bytes:
    """So many bytes, or fewer at the end of the pipe."""
    parts = b""
    while len(parts) < size and (part := os.read(pipe, size - len(parts))):
        parts += part
    return parts
