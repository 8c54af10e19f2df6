"""Packets of a drawn scene, as a camera's ring holds them. Holds no test."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from device.capture.encoder import SoftEncoder
from device.capture.packet_pipe import Masked
from device.capture.packet_store import PacketFeed, PacketStore
from device.capture.request import RecordWish
from device.core.packet import EncodedPacket, StreamInfo

FPS = 10.0
WIDTH, HEIGHT = 64, 48


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A grey picture whose level tells its number, modulo 20."""
    i420 = np.full((height * 3 // 2, width), 128, np.uint8)
    i420[:height] = 30 + 10 * (number % 20)
    return i420


def number_of(shown: av.VideoFrame) -> int:
    """Which picture it is, modulo 20."""
    return round((float(shown.to_ndarray(format="gray").mean()) * 219 / 255 + 16 - 30) / 10) % 20


@lru_cache(maxsize=16)
def packets(
    count: int, *, t0: float = 0.0, size: tuple[int, int] = (WIDTH, HEIGHT), keyframe_s: float = 1.0
) -> tuple[StreamInfo, tuple[EncodedPacket, ...]]:
    """So many pictures from ``t0`` on."""
    encoder = SoftEncoder(*size, FPS, RecordWish(keyframe_s=keyframe_s, bit_rate=200_000))
    made = [packet for number in range(count) for packet in encoder.encode(picture(number, *size), t0 + number / FPS)]
    return encoder.info, tuple(made)


def fill(feed: PacketFeed, info: StreamInfo, made: tuple[EncodedPacket, ...] | list[EncodedPacket]) -> None:
    """As they come from a camera's process."""
    for packet in made:
        feed.take(Masked(packet, 0))


def filled(count: int, *, t0: float = 0.0) -> PacketStore:
    """A ring with so many pictures."""
    store = PacketStore(600.0, 50_000_000)
    info, made = packets(count, t0=t0)
    feed = store.feed()
    feed.take(info)
    fill(feed, info, made)
    return store


def played(path: Path) -> list[tuple[float, int]]:
    """Time, s, and number of each picture of a file, in order; as far as it can be read."""
    return list(_played(path))


def _played(path: Path) -> Iterator[tuple[float, int]]:
    with av.open(f"file:{path}") as container:
        for shown in container.decode(video=0):
            yield float(shown.time or 0.0), number_of(shown)
