"""What a source may be able to do beyond ``device.ports.Source``. Holds no code that does anything."""

from typing import Protocol, runtime_checkable

from device.core.packet import EncodedPacket, StreamInfo


@runtime_checkable
class HasPackets(Protocol):
    """A source that also has its pictures as they came from the camera or its encoder."""

    def stream(self) -> StreamInfo | None:
        """How to decode the packets, once open; None where there will be none."""

    def packets(self) -> list[EncodedPacket]:
        """What belongs to the pictures grabbed since the last call, in order of decoding; bounded, oldest dropped."""


@runtime_checkable
class HasRate(Protocol):
    """A source that can be told how many pictures a second are wanted."""

    def set_rate(self, fps: float | None) -> None:
        """Give so many pictures a second from now on, as near as it can; None = as at the start."""


@runtime_checkable
class HasMasks(Protocol):
    """A source that blackens what goes into its own encoder."""

    def use_masks(self, number: int) -> None:
        """Blacken by this set from the next picture on, as in ``CameraRequest.polygons``."""
