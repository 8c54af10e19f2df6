import os
from collections.abc import Iterator

import numpy as np
import pytest

from device.capture.change import ChangeSense
from device.capture.ring import create_memory, join_ring, make_ring
from device.errors import CameraError


@pytest.fixture
def memory() -> Iterator[int]:
    """Shared memory without a size."""
    descriptor = create_memory("test")
    yield descriptor
    os.close(descriptor)


def test_what_one_side_writes_the_other_sees(memory: int) -> None:
    """Each slot is a picture of its own, and the reader cannot write."""
    writer = make_ring(memory, 64, 48, 3)
    reader = join_ring(memory, 64, 48, 3)
    for slot in range(3):
        writer[slot][...] = slot + 1
    assert [reader[slot].shape for slot in range(len(reader))] == [(72, 64)] * 3
    assert all((reader[slot] == slot + 1).all() for slot in range(3))
    assert not reader[0].flags.writeable


def test_pictures_in_use_keep_the_memory(memory: int) -> None:
    """A picture outlives the ring that it lies in."""
    make_ring(memory, 64, 48, 2)[1][...] = 7
    ring = join_ring(memory, 64, 48, 2)
    picture = ring[1]
    del ring
    assert (picture == 7).all()


def test_memory_in_use_cannot_be_taken_away(memory: int) -> None:
    """A mad child could otherwise kill its parent by making the memory smaller."""
    make_ring(memory, 64, 48, 2)
    join_ring(memory, 64, 48, 2)
    with pytest.raises(PermissionError):
        os.ftruncate(memory, 4096)


@pytest.mark.parametrize("size", [(64, 50), (0, 0)])
def test_memory_of_another_size_is_refused(memory: int, size: tuple[int, int]) -> None:
    """A child that says one thing and does another is not believed."""
    make_ring(memory, 64, 4800, 2)
    with pytest.raises(CameraError, match="keeps no 2 pictures"):
        join_ring(memory, *size, 2)


def test_equal_pictures_are_told_from_different_ones() -> None:
    """The first is new, a copy of it is not, and one changed row is."""
    sense = ChangeSense()
    picture = np.full((72, 64), 90, np.uint8)
    assert sense.differs(picture)
    assert not sense.differs(picture.copy())
    picture[24] += 1
    assert sense.differs(picture)
    assert not sense.differs(picture)
