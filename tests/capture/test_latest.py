import threading

from device.capture.latest import Latest


class Counted:
    """A request that counts its users; the camera is the first."""

    def __init__(self) -> None:
        self.users = 1

    def acquire(self) -> None:
        """One more."""
        assert self.users > 0
        self.users += 1

    def release(self) -> None:
        """One less."""
        self.users -= 1
        assert self.users >= 0


def test_the_newest_wins_and_the_others_go_back() -> None:
    """The sensor is never short of more than one buffer."""
    latest, requests = Latest(), [Counted() for _ in range(5)]
    for request in requests:
        latest.put(request)
    assert [request.users for request in requests] == [1, 1, 1, 1, 2]
    assert latest.take(0.0) == (4, requests[4])
    assert requests[4].users == 2  # the camera's and the taker's


def test_nothing_comes() -> None:
    """The wait ends."""
    assert Latest().take(0.001) is None


def test_a_picture_wakes_the_reader() -> None:
    """From another thread."""
    latest, request = Latest(), Counted()
    thread = threading.Thread(target=latest.put, args=(request,))
    thread.start()
    assert latest.take(30.0) == (0, request)
    thread.join()


def test_after_the_end_nothing_is_held() -> None:
    """The camera is closed: whatever it still brings stays its own."""
    latest, before, after = Latest(), Counted(), Counted()
    latest.put(before)
    latest.close()
    latest.put(after)
    assert (before.users, after.users) == (1, 1)
    assert latest.take(0.0) is None
