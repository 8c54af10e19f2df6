"""The border to picamera2 and libcamera: import, opening, errors in one line. Takes no pictures.

Both come from apt, bound to each other and to the kernel; neither has types. They are imported when a camera is opened,
in its own process.
"""

import importlib
import inspect
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from device.capture.request import PiWish
from device.capture.tuning import limited_tuning
from device.errors import CameraError

_INSTALL = "sudo apt install python3-picamera2 --no-install-recommends, and a venv made with --system-site-packages"
_FAULTS = (RuntimeError, OSError, ValueError, LookupError, TypeError, AttributeError)
"""What picamera2 and libcamera's bindings raise; neither has a tree of its own."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """What is used of picamera2."""

    picamera2: Any
    """The class."""
    mapped_array: Any
    libcamera: Any

    def mapped(self, request: Any, stream: str, *, write: bool = False) -> Any:
        """A stream's buffer as a flat array while the context lasts."""
        # Bookworm's first versions have no such argument and always map for writing.
        if "write" in inspect.signature(self.mapped_array).parameters:
            return self.mapped_array(request, stream, reshape=False, write=write)
        return self.mapped_array(request, stream, reshape=False)


def load_vendor() -> Vendor:
    """Import picamera2, with its log kept quiet: what it has to say comes as errors.

    Raises:
        CameraError: it is not installed, not to be seen from this environment, or does not fit to this numpy.
    """
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:FATAL")
    log = logging.getLogger("picamera2")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    try:
        found = importlib.import_module("picamera2")
        return Vendor(found.Picamera2, found.MappedArray, importlib.import_module("libcamera"))
    except ModuleNotFoundError as fault:
        raise CameraError(f"picamera2: no module {fault.name}; {_INSTALL}") from fault
    except (ImportError, *_FAULTS) as fault:
        raise CameraError(_import_hint(fault)) from fault


def open_camera(vendor: Vendor, number: int, wish: PiWish) -> Any:
    """The camera of that number, acquired but not configured.

    Raises:
        CameraError: it is not there, or somebody else has it.
    """
    with camera_errors(number):
        cameras = vendor.picamera2.global_camera_info()
        if number >= len(cameras):
            raise CameraError(_absent(number, len(cameras)))
        tuning = _tuning(vendor, wish, str(cameras[number].get("Model", "")))
        return vendor.picamera2(number, tuning=tuning) if tuning else vendor.picamera2(number)


@contextmanager
def camera_errors(number: int) -> Iterator[None]:
    """Translate what the vendor raises.

    Raises:
        CameraError: in one line: which camera, what, what to do.
    """
    try:
        yield
    except _FAULTS as fault:
        raise CameraError(_told(number, fault)) from fault


def _tuning(vendor: Vendor, wish: PiWish, model: str) -> dict[str, Any] | None:
    """The tuning with the limits that are wished; None = the vendor's own choice."""
    if wish.tuning_file is None and wish.exposure_max_s is None and wish.gain_max is None:
        return None
    name = wish.tuning_file or f"{model}.json"
    try:
        tuning: dict[str, Any] = vendor.picamera2.load_tuning_file(name)
        if wish.exposure_max_s is None and wish.gain_max is None:
            return tuning
        return limited_tuning(tuning, wish.exposure_max_s, wish.gain_max)
    except (RuntimeError, ValueError, OSError) as fault:
        text = f"tuning file {name}: {fault}; see /usr/share/libcamera/ipa/rpi, and name one with tuning_file"
        raise CameraError(text) from fault


def _absent(number: int, there: int) -> str:
    if there:
        return f"picamera2: there is no camera {number}, only {there}, counted from 0; write picamera2:0"
    return "picamera2: no camera is found; check both ends of the ribbon and rpicam-hello --list-cameras"


def _told(number: int, fault: BaseException) -> str:
    chain = " ".join(_chain(fault))
    if "busy" in chain.lower() or "failed to acquire" in chain.lower():
        return (
            f"picamera2: camera {number} is in use by another program; stop it (rpicam-*, motion, a second Shopwarden)"
        )
    what = f"{type(fault).__name__}: {fault}"
    return f"picamera2: camera {number} failed ({what}); if it goes on, check the ribbon and sudo dmesg"


def _chain(fault: BaseException | None) -> Iterator[str]:
    """Its text and the text of what caused it: picamera2 wraps what libcamera says."""
    while fault is not None:
        yield str(fault)
        fault = fault.__cause__ or fault.__context__


def _import_hint(fault: BaseException) -> str:
    text = " ".join(str(fault).split())
    if "numpy" in text.lower() or "_ARRAY_API" in text:
        return f"picamera2: does not fit to this numpy ({text}); on Bookworm install with constraints/bookworm.txt"
    return f"picamera2: cannot be loaded ({text}); {_INSTALL}"
