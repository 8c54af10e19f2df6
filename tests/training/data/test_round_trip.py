"""Labels written in one format and read in another say the same."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.core.geometry import Box
from tests.training.data.drawn import ground, save
from training.data.read import read_data
from training.data.sample import Dataset, Look, Sample
from training.data.write import write_coco, write_voc, write_yolo

_LABELS = ("cup", "jar of jam", "Öl & <Essig>")
_SIZES = ((96, 72), (61, 83))


@st.composite
def boxes(draw: st.DrawFn, size: tuple[int, int]) -> list[tuple[Box, int]]:
    """Boxes of at least 3 px inside a picture, each with a label."""
    found: list[tuple[Box, int]] = []
    for _ in range(draw(st.integers(1, 4))):
        sides = []
        for whole in size:
            low = draw(st.floats(0, whole - 3.5))
            sides.append((low / whole, draw(st.floats(low + 3, whole)) / whole))
        found.append(((sides[0][0], sides[1][0], sides[0][1], sides[1][1]), draw(st.integers(0, 2))))
    return found


def dataset(folder: Path, drawn: list[list[tuple[Box, int]]]) -> Dataset:
    """Two pictures with these boxes; every class occurs."""
    samples = []
    for number, (size, rows) in enumerate(zip(_SIZES, drawn, strict=True)):
        path = save(folder / "images" / f"p{number}.png", ground(number, *size))
        all_rows = [*rows, *(((0.0, 0.0, 1.0, 1.0), label) for label in range(3))]
        cut = tuple(box for box, _ in all_rows)
        samples.append(Sample(path, *size, cut, tuple(label for _, label in all_rows), Look("", b"")))
    return Dataset(folder, "boxes", tuple(samples), _LABELS, ())


@settings(max_examples=15, deadline=None)
@given(st.tuples(*(boxes(size) for size in _SIZES)))
@pytest.mark.parametrize(
    ("write", "form", "within_px"), [(write_coco, "coco", 1e-6), (write_yolo, "yolo", 1e-4), (write_voc, "voc", 0.51)]
)
def test_what_is_written_is_read(
    write: Callable[[Dataset, Path], Path],
    form: str,
    within_px: float,
    drawn: tuple[list[tuple[Box, int]], ...],
) -> None:
    """Boxes within the format's own rounding, labels by name, in their order, and without a problem."""
    folder = Path(tempfile.mkdtemp())
    try:
        before = dataset(folder, list(drawn))
        write(before, folder)
        after = read_data(folder, form)
    finally:
        shutil.rmtree(folder)

    assert after.problems == ()
    assert set(after.labels) == set(_LABELS)
    for old, new in zip(before.samples, after.samples, strict=True):
        assert [after.labels[label] for label in new.labels] == [_LABELS[label] for label in old.labels]
        for one, other in zip(old.boxes, new.boxes, strict=True):
            unit = (old.width, old.height) * 2
            assert max(abs(a - b) * by for a, b, by in zip(one, other, unit, strict=True)) <= within_px


def test_formats_follow_one_another(tmp_path: Path) -> None:
    """COCO to YOLO to VOC: found out by the files alone each time."""
    whole: list[list[tuple[Box, int]]] = [[((0.25, 0.25, 0.5, 0.75), 0)], [((0.0, 0.5, 1.0, 1.0), 1)]]
    current = dataset(tmp_path, whole)
    for write, mark in ((write_coco, "instances.json"), (write_yolo, "classes.txt"), (write_voc, "")):
        write(current, tmp_path)
        read = read_data(tmp_path)
        named = [[read.labels[label] for label in sample.labels] for sample in read.samples]
        assert named == [[_LABELS[label] for label in (first, 0, 1, 2)] for first in (0, 1)]
        current = replace(read, root=tmp_path)
        if mark:
            (tmp_path / mark).unlink()
        shutil.rmtree(tmp_path / "labels", ignore_errors=True)
