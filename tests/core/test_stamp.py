"""The label of a picture is a plain value."""

from dataclasses import FrozenInstanceError

import pytest

from device.core.stamp import Stamp


def test_a_stamp_cannot_be_changed() -> None:
    """Whoever has one can rely on it."""
    with pytest.raises(FrozenInstanceError):
        setattr(Stamp(0, 0.0, None), "t", 1.0)  # noqa: B010 - mypy would see it


def test_stamps_of_the_same_moment_are_equal() -> None:
    """They carry no identity beyond number and times."""
    assert Stamp(3, 0.1, 946_728_000.1) == Stamp(3, 0.1, 946_728_000.1)
    assert Stamp(3, 0.1, None) != Stamp(4, 0.1, None)
