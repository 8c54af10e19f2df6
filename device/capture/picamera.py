"""The Pi's own camera, by picamera2. Does not decide what is asked of it, nor what its errors are called."""

import atexit
import contextlib
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from device.board import board_model
from device.capture.day_night import DayNight, light_lux
from device.capture.ir_cut import IrCut
from device.capture.latest import Latest
from device.capture.layout import Layout, buffer_planes, copy_upright
from device.capture.picamera_packets import Packets, has_hardware_encoder, make_encoder, make_output
from device.capture.picamera_setup import Setup, choose_mode, frame_duration_us, make_setup, read_modes, start_controls
from device.capture.picamera_vendor import Vendor, camera_errors, load_vendor, open_camera
from device.capture.planes import Plane
from device.capture.request import CameraRequest
from device.capture.stream_cover import StreamCover
from device.core.packet import EncodedPacket, StreamInfo
from device.core.stamp import Stamp
from device.errors import CameraError

if TYPE_CHECKING:
    from device.ports import Clock  # at run time it would bring OpenCV into the camera's process

_PATIENCE_S = 6.0  # camera_lost is told within 10 s: the reason should come before
_CLOSE_S = 1.5  # a camera that hangs in close goes with its process
_BUFFERS = 6  # one is filled, one waits, one is copied, up to three are in the encoder
_MAX_AGE_S = 2.0  # a stamp of the sensor that is older is on another clock
_LIGHT_EVERY_S = 1.0
_LATE = 1.25  # a keyframe that is later than this has been put off by a lower rate


class PicameraSource:
    """Implements ``device.ports.Source``, ``HasPackets`` and ``HasRate``; picture and packets from one exposure."""

    def __init__(self, number: int, request: CameraRequest, clock: "Clock") -> None:
        self._number, self._request, self._clock = number, request, clock
        self._wish = request.picture
        self._setup: Setup = make_setup(self._wish, request.record)
        self._day_night = DayNight(self._wish.pi.night, self._wish.pi.night_below_lux, self._wish.pi.day_above_lux)
        self._fps = self._setup.fps
        self._latest = Latest()
        self._packets = Packets()
        self._vendor: Vendor | None = None
        self._camera: Any = None
        self._ir_cut: IrCut | None = None
        self._layout: Layout | None = None
        self._cover: StreamCover | None = None
        self._encoder: Any = None
        self._current: Any = None
        self._last_t = float("-inf")
        self._light_due = float("-inf")
        self._stray_stamps = 0

    def open(self) -> tuple[int, int]:
        """Configure and start; the size of the upright pictures.

        Raises:
            CameraError: picamera2, the camera, its tuning or the filter's pin is not to be had.
        """
        self._vendor = load_vendor()
        self._camera = open_camera(self._vendor, self._number, self._wish.pi)
        pin = self._wish.pi.ir_cut_pin
        self._ir_cut = None if pin is None else IrCut(pin)
        with camera_errors(self._number):
            self._configure(self._vendor)
            self._camera.pre_callback = self._before_encoding
            self._camera.post_callback = self._latest.put
            self._camera.start()
            self._follow_light_now()
            if self._setup.lores:
                self._start_encoder()
        layout = self._stream_layout(self._setup.pictures)
        self._layout = layout
        return (layout.height, layout.width) if self._setup.quarter_turns else (layout.width, layout.height)

    def grab(self) -> Stamp:
        """Wait for the next picture, the newest one.

        Raises:
            CameraError: none has come for too long.
        """
        self._give_back()
        taken = self._latest.take(_PATIENCE_S)
        if taken is None:
            raise CameraError(
                f"picamera2: camera {self._number} has given no picture for {_PATIENCE_S:.0f} s; "
                "check the ribbon and sudo dmesg"
            )
        seq, self._current = taken
        with camera_errors(self._number):
            metadata = self._current.get_metadata()
            t = self._sensor_time(metadata.get("SensorTimestamp"))
            self._follow_light(t, metadata)
            self._follow_keyframes(t)
        now = self._clock.monotonic()
        wall = self._clock.wall() - (now - t) if self._clock.synced() else None
        return Stamp(seq, t, wall)

    def copy_to(self, i420: Plane) -> None:
        """Write the grabbed picture, upright, straight from the camera's buffer."""
        if self._current is None or self._vendor is None or self._layout is None:
            raise CameraError(f"picamera2: camera {self._number}: no picture has been grabbed")
        with (
            camera_errors(self._number),
            self._vendor.mapped(self._current, self._setup.pictures) as mapped,
        ):
            # No view outlives this call: the vendor takes the mapping back.
            copy_upright(buffer_planes(mapped.array.reshape(-1), self._layout), self._setup.quarter_turns, i420)

    def faults(self) -> int:
        """Pictures whose stamp was on no clock that is known here."""
        return self._stray_stamps

    def set_rate(self, fps: float | None) -> None:
        """Let the sensor give so many pictures a second, within what its mode can do."""
        self._fps = fps or self._setup.fps
        with camera_errors(self._number):
            self._set_duration()

    def use_masks(self, number: int) -> None:
        """Blacken what the encoder gets by this set of masks, as in ``CameraRequest.polygons``."""
        if self._cover is not None:
            self._cover.number = number

    def stream(self) -> StreamInfo | None:
        """H.264 with its parameter sets in the packets, of the main stream; None where none is made."""
        if self._setup.lores is None:
            return None
        layout = self._stream_layout("main")
        return StreamInfo("h264", layout.width, layout.height)

    def packets(self) -> list[EncodedPacket]:
        """What the encoder has made since the last call."""
        return self._packets.take()

    def close(self) -> None:
        """Let go of the camera, or leave it to the end of the process if it hangs."""
        camera, self._camera = self._camera, None
        if self._ir_cut is not None:
            self._ir_cut.close()
            self._ir_cut = None
        if camera is None:
            return
        thread = threading.Thread(target=self._shut, args=(camera,), name="close", daemon=True)
        thread.start()
        thread.join(_CLOSE_S)
        if thread.is_alive():
            atexit.unregister(camera.close)  # or the end of the process would hang in it as well

    def _configure(self, vendor: Vendor) -> None:
        setup = self._setup
        offered = self._camera.camera_controls.keys()
        sensor: dict[str, Any] = {}
        # A camera without a colour filter, by USB or drawn, is no sensor of a Pi and has no modes to choose from.
        if "ColorFilterArrangement" in self._camera.camera_properties:
            mode = choose_mode(read_modes(self._camera.sensor_modes), setup.main, setup.fps)
            sensor = {"output_size": (mode.width, mode.height), "bit_depth": mode.bit_depth} if mode else {}
        wanted = self._camera.create_video_configuration(
            main={"size": setup.main, "format": "YUV420"},
            lores={"size": setup.lores, "format": "YUV420"} if setup.lores else None,
            transform=vendor.libcamera.Transform(hflip=setup.is_half_turned, vflip=setup.is_half_turned),
            colour_space=vendor.libcamera.ColorSpace.Smpte170m(),
            buffer_count=_BUFFERS,
            controls=start_controls(self._wish, setup.fps, offered),
            display=None,
            encode="main",
            queue=False,
            sensor=sensor,
        )
        self._camera.configure(wanted)

    def _start_encoder(self) -> None:
        layout = self._stream_layout("main")
        if self._request.is_masked:
            self._cover = StreamCover(self._request, layout)
        encoder = make_encoder(self._request.record, self._fps, hardware=has_hardware_encoder(board_model()))
        self._camera.start_encoder(encoder, make_output(encoder, self._packets), name="main")
        self._encoder = encoder

    def _follow_keyframes(self, t: float) -> None:
        """Encoders count pictures, clips need seconds: at a lower rate ask for the keyframe that is late."""
        if self._encoder is None or not self._packets.is_keyframe_due(t, _LATE * self._request.record.keyframe_s):
            return
        # The hardware's in older versions (0.3.24) cannot be asked.
        if (force := getattr(self._encoder, "force_key_frame", None)) is not None:
            force()

    def _before_encoding(self, request: Any) -> None:
        """In the camera's thread: no encoder sees what is masked."""
        if self._cover is not None and self._vendor is not None:
            with self._vendor.mapped(request, "main", write=True) as mapped:
                self._cover.blacken(mapped.array.reshape(-1))

    def _stream_layout(self, stream: str) -> Layout:
        told = self._camera.camera_configuration()[stream]
        width, height = told["size"]
        return Layout(told["format"], width, height, told["stride"])

    def _sensor_time(self, sensor_ns: int | None) -> float:
        """When the sensor was exposed, s monotonic; the present where the sensor does not say, always rising."""
        now = self._clock.monotonic()
        t = now if sensor_ns is None else sensor_ns / 1e9
        if not now - _MAX_AGE_S <= t <= now:
            self._stray_stamps += sensor_ns is not None
            t = now
        self._last_t = t = max(t, float(np.nextafter(self._last_t, np.inf)))
        return t

    def _follow_light(self, t: float, metadata: dict[str, Any]) -> None:
        if t < self._light_due:
            return
        self._light_due = t + _LIGHT_EVERY_S
        exposure_us = metadata.get("ExposureTime")
        lux = light_lux(metadata.get("Lux"), exposure_us and exposure_us / 1e6, metadata.get("AnalogueGain"))
        if self._day_night.update(t, lux):
            self._follow_light_now()

    def _follow_light_now(self) -> None:
        """Filter, colours and longest exposure as the light wants them: infrared light has no colours."""
        night = self._day_night.is_night
        if self._ir_cut is not None:
            self._ir_cut.show(night=night)
        if "Saturation" in self._camera.camera_controls:
            self._camera.set_controls({"Saturation": 0.0 if night else 1.0})
        self._set_duration()

    def _set_duration(self) -> None:
        if self._camera is None or "FrameDurationLimits" not in self._camera.camera_controls:
            return
        longest_s = self._wish.pi.exposure_max_s or 0.0
        limits = frame_duration_us(self._fps, longest_s if self._day_night.is_night else 0.0)
        least, most, _ = self._camera.camera_controls["FrameDurationLimits"]
        self._camera.set_controls({"FrameDurationLimits": tuple(min(max(limit, least), most) for limit in limits)})

    def _give_back(self) -> None:
        if self._current is not None:
            self._current.release()
            self._current = None

    def _shut(self, camera: Any) -> None:
        # A camera that fails while it is given back is lost all the same, and its process ends next.
        with contextlib.suppress(CameraError), camera_errors(self._number):
            camera.post_callback = camera.pre_callback = None
            self._latest.close()
            self._give_back()
            if camera.encoders:
                camera.stop_encoder()
            camera.close()
