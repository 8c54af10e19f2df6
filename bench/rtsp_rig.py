"""A real RTSP server that can be killed, blocked and resized while cameras look at it. Judges nothing."""

import contextlib
import socket
import threading

from tests.capture.rtsp import Proxy, RtspServer


class _Way(Proxy):
    """A way that stays open while there is no server behind it, and leads to the next one."""

    def lead_to(self, port: int) -> None:
        """Whoever comes from now on gets to this port."""
        self._target = port

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    near.close()
                    continue
                self._ends += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()


class RtspRig:
    """One server for all cameras, at one address whatever happens to it."""

    def __init__(self) -> None:
        self._server = RtspServer()
        self._way = _Way(self._server.port)
        self._wide = True

    @property
    def source(self) -> str:
        """The ``source`` line of its cameras."""
        return f"rtsp://127.0.0.1:{self._way.port}/small"

    def kill(self) -> None:
        """End the server without a word."""
        self._server.kill()

    def serve_again(self) -> None:
        """Another server at the same address."""
        self._server = RtspServer()
        self._way.lead_to(self._server.port)

    def stall(self) -> None:
        """Nothing more comes, in the middle of a packet, and nobody hangs up."""
        self._way.stall()

    def flow(self) -> None:
        """Everything comes again."""
        self._way.flow()

    def resize(self) -> None:
        """Another size within the running stream."""
        self._wide = not self._wide
        self._server.say("size 320x240" if self._wide else "size 480x360")

    def close(self) -> None:
        """End it all."""
        self._way.close()
        self._server.kill()
