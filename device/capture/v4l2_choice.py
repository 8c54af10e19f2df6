"""Which of its formats, sizes and rates a video device is asked for. Pure; knows no device."""

from dataclasses import dataclass

from device.capture.request import PictureWish

READABLE = ("YUYV", "YU12", "MJPG", "JPEG")
"""What can be read, the cheapest first: the first two need no decoder."""
_USUAL_WIDTH, _USUAL_HEIGHT, _USUAL_FPS = 640, 480, 15.0
STANDARD_SIZES = ((320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1280, 960), (1920, 1080))
"""Asked for, where a device can do every size within bounds."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a device can do."""

    name: str
    """Of the format, as YUYV."""
    width: int
    height: int
    fps: float
    """At most; 0 where it does not tell."""


def choose(offers: tuple[Offer, ...], wish: PictureWish) -> Offer | None:
    """The offer nearest to the wish; None if none can be read.

    The size counts most, then a rate that suffices, then the cost of reading: so a camera whose plain pictures are
    too slow over USB is asked for MJPEG.
    """
    readable = [offer for offer in offers if offer.name in READABLE and offer.width > 1 and offer.height > 1]
    if not readable:
        return None
    width, height = _wanted_size(wish)
    fps = wish.fps or _USUAL_FPS

    def distance(offer: Offer) -> tuple[float, float, int, float]:
        # A larger picture is better than one that lacks detail as much as this one has too much.
        across, down = offer.width / width, offer.height / height
        size = sum(side - 1 if side >= 1 else 2 * (1 / side - 1) for side in (across, down))
        short = max(0.0, fps - offer.fps) if offer.fps else 0.0
        return size, short, READABLE.index(offer.name), offer.fps

    return min(readable, key=distance)


def listed(offers: tuple[Offer, ...], most: int = 12) -> str:
    """What a device can do, for people."""
    if not offers:
        return "nothing"
    words = [f"{o.name} {o.width}x{o.height}" + (f" {o.fps:g}/s" if o.fps else "") for o in offers[:most]]
    return ", ".join(words) + (f" and {len(offers) - most} more" if len(offers) > most else "")


def _wanted_size(wish: PictureWish) -> tuple[int, int]:
    """Size before it is turned."""
    width, height = wish.width, wish.height
    if wish.rotation % 180:
        width, height = height, width
    if width and not height:
        height = round(width * _USUAL_HEIGHT / _USUAL_WIDTH)
    if height and not width:
        width = round(height * _USUAL_WIDTH / _USUAL_HEIGHT)
    return width or _USUAL_WIDTH, height or _USUAL_HEIGHT
