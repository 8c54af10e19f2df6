"""What becomes of a camera's pictures for the recorder, in the camera's process: copied, encoded, or nothing."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from device.capture.abilities import HasMasks, HasPackets
from device.capture.orders import UseMasks
from device.capture.packet_pipe import PacketPost
from device.capture.planes import Plane
from device.capture.request import CameraRequest
from device.errors import CameraError

if TYPE_CHECKING:
    from device.capture.encoder import SoftEncoder
    from device.ports import Source  # at run time it would bring OpenCV into the camera's process

_MEASURED = 100
"""Pictures after which the cost of encoding is told."""


class Recording(Protocol):
    """What the delivery of pictures tells."""

    wants_pictures: bool
    """Whether it must see every picture, also one for which the daemon has no slot."""

    def use_masks(self, masks: UseMasks, t: float) -> None:
        """These masks hold from now, monotonic ``t``, on."""

    def collect(self) -> None:
        """A picture has been grabbed."""

    def picture(self, i420: Plane, t: float) -> None:
        """A picture, blackened by the masks that hold."""


class NoRecording:
    """Nothing is wanted."""

    wants_pictures = False

    def use_masks(self, masks: UseMasks, t: float) -> None:
        """Nothing to do."""

    def collect(self) -> None:
        """Nothing to do."""

    def picture(self, i420: Plane, t: float) -> None:
        """Nothing to do."""


class Copying:
    """Packets as they come from the camera, or from its own encoder behind its own masks."""

    wants_pictures = False

    def __init__(self, source: HasPackets, post: PacketPost) -> None:
        self._source, self._post = source, post
        self._masks = UseMasks(0, 0)
        self._not_before_t = float("-inf")

    def use_masks(self, masks: UseMasks, t: float) -> None:
        """Nothing that depends on pictures from before is passed on any more."""
        if masks != self._masks:
            self._masks, self._not_before_t = masks, t
            self._post.interrupt()

    def collect(self) -> None:
        """Pass on what the source has."""
        for packet in self._source.packets():
            if packet.t >= self._not_before_t:
                self._post.put(packet, self._masks.generation)

    def picture(self, i420: Plane, t: float) -> None:
        """Nothing to do: its packet comes by itself."""


class Encoding:
    """Packets made of the masked pictures."""

    wants_pictures = True

    def __init__(self, encoder: "SoftEncoder", post: PacketPost, why: str, tell: Callable[[str], None]) -> None:
        self._encoder, self._post, self._why, self._tell = encoder, post, why, tell
        self._masks = UseMasks(0, 0)
        self._needs_key = True
        self._count, self._cpu_s = 0, 0.0

    def use_masks(self, masks: UseMasks, t: float) -> None:  # noqa: ARG002 - the pictures are masked already
        """A decoder must not need a picture from before."""
        if masks != self._masks:
            self._masks, self._needs_key = masks, True

    def collect(self) -> None:
        """Nothing to do: the pictures come by themselves."""

    def picture(self, i420: Plane, t: float) -> None:
        """Encode it."""
        began_s = time.thread_time()
        for packet in self._encoder.encode(i420, t, keyframe=self._needs_key):
            self._post.put(packet, self._masks.generation)
        self._needs_key = False
        self._cpu_s += time.thread_time() - began_s
        self._count += 1
        if self._count == _MEASURED:
            cost_ms = self._cpu_s * 1000 / _MEASURED
            self._tell(f"records by encoding, {self._why}: {cost_ms:.1f} ms of CPU a picture")


def make_recording(
    source: "Source",
    request: CameraRequest,
    size: tuple[int, int],
    post: PacketPost,
    tell: Callable[[str], None],
) -> Recording:
    """The way that the request asks for, of a source that is open.

    Args:
        source: open.
        request: what the process was asked for.
        size: of the pictures.
        post: where packets go.
        tell: told once, in words, what it costs.

    Raises:
        CameraError: it was to be copied and cannot, or to be encoded and there is no encoder.
    """
    if request.record.how == "off":
        return NoRecording()
    why_not = _why_not_copied(source, request)
    if why_not is None and isinstance(source, HasPackets) and (info := source.stream()) is not None:
        post.begin(info)
        return Copying(source, post)
    if request.record.how == "copy" and not request.is_masked and not request.picture.rotation:
        raise CameraError(f'its stream cannot be recorded as it comes, {why_not}; set record.how = "auto"')
    from device.capture.encoder import SoftEncoder  # noqa: PLC0415 - FFmpeg is 18 MB that not every camera needs

    try:
        encoder = SoftEncoder(*size, request.picture.fps, request.record)
    except CameraError as fault:
        if request.record.how == "auto":
            # A guard that sees and does not record is better than none.
            tell(f"is not recorded: {fault}")
            return NoRecording()
        raise
    post.begin(encoder.info)
    return Encoding(encoder, post, why_not or "for it has no packets of its own", tell)


def _why_not_copied(source: "Source", request: CameraRequest) -> str | None:
    if request.record.how == "encode":
        return "as was asked for"
    if not isinstance(source, HasPackets):
        return "for it has no packets of its own"
    if request.is_masked and not isinstance(source, HasMasks):
        return "for masks must be burned in"
    if source.stream() is None:
        return "for it is turned or of a codec that players do not know"
    return None
