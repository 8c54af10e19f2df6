"""Threads for what may wait, that nobody waits for at the end. Decides nothing."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")


class Hands(Executor):
    """A few threads that take one piece of work after another.

    The library's own pool is joined when Python ends: a disk that hangs would keep the service from ending.
    """

    def __init__(self, count: int, name: str) -> None:
        """At most so many; each is started when it is needed first."""
        self._count, self._name = count, name
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        # Guards the number of threads.
        self._lock = threading.Lock()
        self._threads = 0

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have something done; what was cancelled by the time its turn comes is left out."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
                future.set_exception(error)

        self._work.put(work)
        with self._lock:
            if self._threads < self._count:
                self._threads += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT - as it is called
        """Have every thread end after its work; waits for none."""
        with self._lock:
            for _ in range(self._threads):
                self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
