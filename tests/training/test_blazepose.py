"""The published pose network, rebuilt: only where its package lies in the cache already."""

import os
from pathlib import Path

import numpy as np
import pytest

from training.base.blazepose import POINTS, TOLERANCE_PX, build_blazepose, check_equal, evened
from training.base.equalise import channel_ranges, equalised, linear_streams
from training.base.fetch import cached_pose
from training.base.recipe import PoseRecipe, read_any
from training.base.tflite_graph import Builder, Operation, TfliteGraph, read_tflite
from training.errors import FetchError

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def test_the_recipe_is_read() -> None:
    """By the base that it names."""
    recipe = read_any("pose")
    assert isinstance(recipe, PoseRecipe)
    assert "Apache License" in recipe.licence_text


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "x.tflite").write_bytes(b"no flatbuffer at all, not even one cut short")
    with pytest.raises(FetchError, match=r"x\.tflite: no TFLite network"):
        read_tflite(tmp_path / "x.tflite")


def _residual_graph() -> TfliteGraph:
    """A convolution, another on it, their sum, and a last one: one stream of two tensors and their sum."""
    random = np.random.default_rng(0)
    plain = {"padding": 0, "strideW": 1, "strideH": 1, "fusedActivationFunction": 0}
    shapes = {10: (4, 1, 1, 3), 12: (4, 1, 1, 4), 14: (2, 1, 1, 4)}
    constants = {n: random.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    constants |= {n + 1: random.normal(size=s[0]).astype(np.float32) for n, s in shapes.items()}
    constants[10][0] *= 50.0
    operations = {
        1: Operation("CONV_2D", (0, 10, 11), plain),
        2: Operation("CONV_2D", (1, 12, 13), plain),
        3: Operation("ADD", (1, 2), {"fusedActivationFunction": 0}),
        4: Operation("CONV_2D", (3, 14, 15), plain),
    }
    return TfliteGraph(operations, constants, 0, (1, 4, 4, 3), (4,))


def test_even_channels_change_no_result() -> None:
    """One channel was fifty times as large as the rest; afterwards all are alike, and the output is the same."""
    graph, picture = _residual_graph(), np.random.default_rng(1).normal(size=(1, 4, 4, 3)).astype(np.float32)
    streams = linear_streams(graph, (4,))
    assert streams == [{1, 2, 3}]
    even = equalised(graph, streams, channel_ranges(graph, streams[0], [picture]))

    outputs = []
    for one in (graph, even):
        builder = Builder(one)
        outputs.append(np.asarray(builder.finish({"out": builder.tensor(4)})(picture)["out"]))
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-4, atol=1e-4)
    ranges = channel_ranges(even, streams[0], [picture])
    most = np.max([ranges[tensor] for tensor in streams[0]], axis=0)
    np.testing.assert_allclose(most, most[0], rtol=1e-3)


@pytest.mark.slow
def test_the_rebuilt_network_is_the_published_one_without_a_face() -> None:
    """Point by point, evened out or not."""
    path = cached_pose()
    if path is None:
        pytest.skip("the package is not in the cache")
    graph = read_tflite(path)
    picture = np.random.default_rng(2).random((1, 256, 256, 3), dtype=np.float32)

    assert check_equal(path, build_blazepose(graph)) <= TOLERANCE_PX
    assert check_equal(path, build_blazepose(evened(graph, [picture]))) <= TOLERANCE_PX
    assert not [name for name in POINTS if name.split()[-1] in ("nose", "eye", "ear", "mouth")]
