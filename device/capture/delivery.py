"""One picture after another from a source to the daemon: masked, thinned, recorded. Opens and closes nothing."""

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from device.capture.abilities import HasMasks, HasRate
from device.capture.change import ChangeSense
from device.capture.cover import Cover
from device.capture.link import Link
from device.capture.messages import Picture
from device.capture.mode import Mode
from device.capture.planes import Plane
from device.capture.recording import Recording
from device.capture.request import CameraRequest
from device.capture.ring import Ring
from device.capture.thinning import Thinning

if TYPE_CHECKING:
    from device.core.stamp import Stamp
    from device.ports import Clock, Source  # at run time they would bring OpenCV into the camera's process


class Delivery:
    """Works on an open source until it ends or fails."""

    def __init__(
        self,
        source: "Source",
        request: CameraRequest,
        *,
        ring: Ring,
        cover: Cover,
        link: Link,
        recording: Recording,
        clock: "Clock",
    ) -> None:
        self._source, self._request, self._ring, self._cover = source, request, ring, cover
        self._link, self._recording, self._clock = link, recording, clock
        self._masks = link.masks
        self._sense = ChangeSense()
        self._thinning = Thinning()
        self._fps = request.picture.fps
        self._left_out = 0
        self._spare: Plane = np.empty_like(ring[0]) if recording.wants_pictures else np.empty(0, np.uint8)

    def run(self) -> NoReturn:
        """Go on for ever.

        Raises:
            EndOfStream: the recording is over.
            CameraError: the source failed.
        """
        self._use_masks()
        while True:
            self._follow_rate()
            stamp = self._source.grab()
            if self._link.masks != self._masks:
                self._use_masks()
            self._recording.collect()
            if self._thinning.takes(stamp.t, self._fps):
                self._hand_over(stamp)
            else:
                self._left_out += 1

    def _hand_over(self, stamp: "Stamp") -> None:
        slot = self._link.free_slot(wait=self._request.mode is Mode.REPLAY)
        if slot is None:  # every slot is in use: this picture is dropped, the gap in seq tells
            if self._recording.wants_pictures:
                self._fill(self._spare)
                self._recording.picture(self._spare, stamp.t)
            return
        picture = self._ring[slot]
        changed = self._fill(picture)
        # What was left out on purpose is no gap.
        told = replace(stamp, seq=stamp.seq - self._left_out)
        self._link.say(Picture(slot, told, changed, self._source.faults(), self._masks.generation))
        # The slot may be given back meanwhile, but nobody else writes to it.
        self._recording.picture(picture, stamp.t)

    def _fill(self, picture: Plane) -> bool:
        """The grabbed picture, masked; whether it differs from the last one."""
        self._source.copy_to(picture)
        changed = self._sense.differs(picture)  # before the masks: where they cover all, the camera still lives
        self._cover.blacken(picture, self._masks.number)
        return changed

    def _use_masks(self) -> None:
        """Take over the masks that hold; an order that comes after this makes the picture at hand void."""
        self._masks = self._link.masks
        if isinstance(self._source, HasMasks):
            self._source.use_masks(self._masks.number)
        self._recording.use_masks(self._masks, self._clock.monotonic())

    def _follow_rate(self) -> None:
        wanted = self._link.fps or self._request.picture.fps
        if wanted != self._fps:
            self._fps = wanted
            if isinstance(self._source, HasRate):
                self._source.set_rate(self._fps)
