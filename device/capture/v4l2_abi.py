"""The kernel's structures and calls for video capture, as in linux/videodev2.h. Opens nothing, decides nothing."""

import ctypes
from collections.abc import Callable

CAPTURE = 1
"""V4L2_BUF_TYPE_VIDEO_CAPTURE"""
CAPTURE_MPLANE = 9
MMAP = 1
CAP_CAPTURE, CAP_CAPTURE_MPLANE, CAP_STREAMING, CAP_DEVICE_CAPS = 0x1, 0x1000, 0x04000000, 0x80000000
FLAG_ERROR, FLAG_CLOCK, FLAG_MONOTONIC = 0x40, 0xE000, 0x2000
FIELD_ANY, FIELD_NONE = 0, 1
DISCRETE = 1
QUANTIZATION_FULL = 1

_u8, _u32 = ctypes.c_uint8, ctypes.c_uint32


class Capability(ctypes.Structure):
    """The kernel's v4l2_capability."""

    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", _u32),
        ("capabilities", _u32),
        ("device_caps", _u32),
        ("reserved", _u32 * 3),
    )


class FormatDescription(ctypes.Structure):
    """The kernel's v4l2_fmtdesc."""

    _fields_ = (
        ("index", _u32),
        ("type", _u32),
        ("flags", _u32),
        ("description", ctypes.c_char * 32),
        ("pixelformat", _u32),
        ("mbus_code", _u32),
        ("reserved", _u32 * 3),
    )


class FrameSize(ctypes.Structure):
    """The kernel's v4l2_frmsizeenum; values: width, height, or from, to, step of both."""

    _fields_ = (
        ("index", _u32),
        ("pixel_format", _u32),
        ("type", _u32),
        ("values", _u32 * 6),
        ("reserved", _u32 * 2),
    )


class FrameInterval(ctypes.Structure):
    """The kernel's v4l2_frmivalenum; values: a fraction of a second, or from, to, step."""

    _fields_ = (
        ("index", _u32),
        ("pixel_format", _u32),
        ("width", _u32),
        ("height", _u32),
        ("type", _u32),
        ("values", _u32 * 6),
        ("reserved", _u32 * 2),
    )


class PixelFormat(ctypes.Structure):
    """The kernel's v4l2_pix_format."""

    _fields_ = tuple(
        (name, _u32)
        for name in (
            "width", "height", "pixelformat", "field", "bytesperline", "sizeimage",
            "colorspace", "priv", "flags", "ycbcr_enc", "quantization", "xfer_func",
        )
    )  # fmt: skip


class _FormatUnion(ctypes.Union):
    # The pointer is there for its alignment: the kernel's union holds one.
    _fields_ = (("pix", PixelFormat), ("raw", _u8 * 200), ("align", ctypes.c_void_p))


class Format(ctypes.Structure):
    """The kernel's v4l2_format."""

    _fields_ = (("type", _u32), ("fmt", _FormatUnion))


class CaptureParameters(ctypes.Structure):
    """The kernel's v4l2_streamparm, for capture."""

    _fields_ = (
        ("type", _u32),
        ("capability", _u32),
        ("capturemode", _u32),
        ("numerator", _u32),
        ("denominator", _u32),
        ("extendedmode", _u32),
        ("readbuffers", _u32),
        ("rest", _u8 * 176),
    )


class BufferRequest(ctypes.Structure):
    """The kernel's v4l2_requestbuffers."""

    _fields_ = (("count", _u32), ("type", _u32), ("memory", _u32), ("capabilities", _u32), ("flags", _u32))


class Buffer(ctypes.Structure):
    """The kernel's v4l2_buffer."""

    _fields_ = (
        ("index", _u32),
        ("type", _u32),
        ("bytesused", _u32),
        ("flags", _u32),
        ("field", _u32),
        ("seconds", ctypes.c_long),
        ("microseconds", ctypes.c_long),
        ("timecode", _u32 * 4),
        ("sequence", _u32),
        ("memory", _u32),
        ("offset", ctypes.c_ulong),
        ("length", _u32),
        ("reserved2", _u32),
        ("request_fd", _u32),
    )


def _call(direction: int, number: int, kind: "type[ctypes.Structure] | type[ctypes.c_int]") -> int:
    return direction << 30 | ctypes.sizeof(kind) << 16 | ord("V") << 8 | number


_READ, _WRITE, _BOTH = 2, 1, 3
QUERYCAP = _call(_READ, 0, Capability)
ENUM_FMT = _call(_BOTH, 2, FormatDescription)
S_FMT = _call(_BOTH, 5, Format)
REQBUFS = _call(_BOTH, 8, BufferRequest)
QUERYBUF = _call(_BOTH, 9, Buffer)
QBUF = _call(_BOTH, 15, Buffer)
DQBUF = _call(_BOTH, 17, Buffer)
STREAMON = _call(_WRITE, 18, ctypes.c_int)
STREAMOFF = _call(_WRITE, 19, ctypes.c_int)
S_PARM = _call(_BOTH, 22, CaptureParameters)
ENUM_FRAMESIZES = _call(_BOTH, 74, FrameSize)
ENUM_FRAMEINTERVALS = _call(_BOTH, 75, FrameInterval)

Ioctl = Callable[[int, int, "ctypes.Structure | ctypes.c_int"], object]
"""As ``fcntl.ioctl``: descriptor, call, structure to read and fill; raises OSError."""


def fourcc(name: str) -> int:
    """The number of a format's name, as YUYV."""
    return int.from_bytes(name.ljust(4).encode("ascii"), "little")


def name_of(number: int) -> str:
    """The name of a format's number."""
    return (number & 0x7FFFFFFF).to_bytes(4, "little").decode("ascii", "replace").strip()
