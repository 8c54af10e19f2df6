"""Waiting for any of several cameras at once."""

import threading

from device.capture.bell import Bell


def test_a_ring_while_nobody_waits_is_heard_once() -> None:
    """And not again: the wait after it lasts."""
    bell, clock = Bell(), threading.Event()
    bell.ring()
    bell.wait(60.0)
    heard = threading.Thread(target=bell.wait, args=(60.0,), daemon=True)
    heard.start()
    clock.wait(0.05)
    assert heard.is_alive()
    bell.ring()
    heard.join(20.0)
    assert not heard.is_alive()


def test_a_wait_without_news_ends() -> None:
    """A stop is to be heeded."""
    Bell().wait(0.001)
