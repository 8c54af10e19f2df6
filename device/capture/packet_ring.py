"""The last seconds of a camera as packets, so that a clip can begin before its event. Pure; writes no file."""

from collections import deque
from dataclasses import dataclass, field

from device.core.packet import EncodedPacket, StreamInfo


@dataclass(frozen=True, slots=True)
class Run:
    """Packets that a decoder can play from the first one on."""

    info: StreamInfo
    packets: tuple[EncodedPacket, ...]
    next: int
    """Number of the packet that will come after them."""
    lost: bool = False
    """Whether packets between the wanted beginning and the first one are gone."""


@dataclass(slots=True)
class _Group:
    """A keyframe and what depends on it."""

    first: int
    packets: list[EncodedPacket] = field(default_factory=list)
    size_bytes: int = 0


class PacketRing:
    """Keeps whole groups of pictures; bounded in seconds and in bytes."""

    def __init__(self, max_s: float, max_bytes: int) -> None:
        """Empty; ``max_s`` can be reached back at least, where ``max_bytes`` allows."""
        self._max_s, self._max_bytes = max_s, max_bytes
        self._info: StreamInfo | None = None
        self._groups: deque[_Group] = deque()
        self._next = 0
        self._size_bytes = 0
        self._needs_key = True
        self._dropped = 0

    @property
    def size_bytes(self) -> int:
        """Bytes of all packets in it."""
        return self._size_bytes

    @property
    def dropped(self) -> int:
        """Packets that were lost before, or could not be kept: what they depend on was missing or too large."""
        return self._dropped

    def begin(self, info: StreamInfo) -> None:
        """A stream begins, for the first time or again; what another decoder would need is forgotten."""
        if info != self._info:
            self._clear()
        self._info = info
        self._needs_key = True

    def interrupt(self, dropped: int = 0) -> None:
        """So many packets are missing here: go on at the next keyframe."""
        self._needs_key = True
        self._dropped += dropped

    def add(self, packet: EncodedPacket) -> bool:
        """Take in the next packet; False where it cannot be played without those that are missing."""
        if self._info is None or (self._needs_key and not packet.keyframe):
            self._dropped += 1
            return False
        self._needs_key = False
        if packet.keyframe:
            self._groups.append(_Group(self._next))
        group = self._groups[-1]
        group.packets.append(packet)
        group.size_bytes += len(packet.data)
        self._size_bytes += len(packet.data)
        self._next += 1
        self._forget(packet.t)
        return bool(self._groups)

    def since(self, t: float) -> Run | None:
        """From the last keyframe at or before that time, or from the oldest there is; None while there is nothing."""
        if self._info is None or not self._groups:
            return None
        earlier = [number for number, group in enumerate(self._groups) if group.packets[0].t <= t]
        start = earlier[-1] if earlier else 0
        packets = tuple(packet for group in list(self._groups)[start:] for packet in group.packets)
        return Run(self._info, packets, self._next, lost=not earlier)

    def after(self, number: int) -> Run | None:
        """From the packet of that number on, or from the oldest keyframe that is left; None while there is nothing.

        Args:
            number: ``next`` of the run before, which this one carries on.
        """
        if self._info is None or not self._groups:
            return None
        lost = number < self._groups[0].first
        packets = tuple(
            packet
            for group in self._groups
            for place, packet in enumerate(group.packets, group.first)
            if lost or place >= number
        )
        return Run(self._info, packets, self._next, lost)

    def _forget(self, now: float) -> None:
        while len(self._groups) > 1 and (
            self._groups[1].packets[0].t <= now - self._max_s or self._size_bytes > self._max_bytes
        ):
            self._size_bytes -= self._groups.popleft().size_bytes
        if self._size_bytes > self._max_bytes:
            # One group alone is too large: a part of it could not be played.
            self._dropped += len(self._groups[0].packets)
            self._clear()

    def _clear(self) -> None:
        self._groups.clear()
        self._size_bytes = 0
        self._needs_key = True
