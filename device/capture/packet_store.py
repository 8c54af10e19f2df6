"""The packet ring of one camera, between the threads that fill and read it, over all processes that the camera has."""

import threading

from device.capture.packet_pipe import Gap, Masked, PipeItem
from device.capture.packet_ring import PacketRing, Run
from device.core.packet import StreamInfo


class PacketStore:
    """A ring that outlives the camera's process; thread-safe."""

    def __init__(self, max_s: float, max_bytes: int) -> None:
        """Empty; the bounds are those of ``PacketRing``."""
        self._ring = PacketRing(max_s, max_bytes)
        self._news = threading.Condition()  # guards the ring and the feed; notified of each packet
        self._feed: PacketFeed | None = None

    def since(self, t: float) -> Run | None:
        """From the last keyframe at or before that time."""
        with self._news:
            return self._ring.since(t)

    def after(self, number: int, timeout_s: float) -> Run | None:
        """What has come from that number on; waits for it, and is empty on time-out."""

        def news() -> Run | None:
            run = self._ring.after(number)
            return run if run is not None and run.packets else None

        with self._news:
            return self._news.wait_for(news, timeout_s)

    def dropped(self) -> int:
        """Packets that were lost on their way or could not be kept."""
        with self._news:
            return self._ring.dropped

    def feed(self) -> "PacketFeed":
        """The only way in from now on: for another process of the camera."""
        with self._news:
            self._ring.interrupt()
            self._feed = PacketFeed(self, self._ring, self._news)
            return self._feed

    def is_current(self, feed: "PacketFeed") -> bool:
        """Whether it is the last one that was made; the lock is held."""
        return feed is self._feed


class PacketFeed:
    """The packets of one process of the camera."""

    def __init__(self, store: PacketStore, ring: PacketRing, news: threading.Condition) -> None:
        self._store, self._ring, self._news = store, ring, news
        self._masks = 0

    def demand(self, masks: int) -> None:
        """From now on no packet made with older masks is taken in."""
        with self._news:
            self._masks = masks
            self._ring.interrupt()

    def take(self, item: PipeItem) -> None:
        """Take in what came from the process."""
        with self._news:
            if not self._store.is_current(self):
                return
            match item:
                case StreamInfo():
                    self._ring.begin(item)
                case Gap(dropped):
                    self._ring.interrupt(dropped)
                case Masked(packet, masks) if masks >= self._masks:
                    self._ring.add(packet)
                    self._news.notify_all()
