"""The network that helps to name things: its published file, and its place beside the detector."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from training.base import efficientnet
from training.base.efficientnet import published_weights, read_torch
from training.base.fetch import cache_dir
from training.detector.network import build_learner, finished_network, get_weights
from training.efficientnet import layer_sources
from training.errors import FetchError
from training.nanodet import NanoDetSpec

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

SPEC = NanoDetSpec(64, 64, 3, namer=True)


def _torch_file(function: str = "torch._utils\n_rebuild_tensor_v2", offset: int = 0) -> bytes:
    """One tensor of 2 by 3 that lies column by column in its storage, in the opcodes of protocol 2."""
    marks = [pickle.dumps(mark, protocol=2) for mark in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x007X\x03\0\0\0cpuK\x06tQ"
    arguments = (
        b"(" + storage + bytes([0x4B, offset]) + b"K\x02K\x03\x86K\x01K\x02\x86\x89ccollections\nOrderedDict\n)Rt"
    )
    table = b"\x80\x02}X\x08\0\0\0a.weightc" + function.encode() + b"\n" + arguments + b"Rs."
    keys = pickle.dumps(["7"], protocol=2)
    values = np.int64(6).tobytes() + np.arange(6, dtype="<f4").tobytes()
    return b"".join([*marks, table, keys, values])


def test_a_file_of_pytorch_is_read_without_it() -> None:
    """Also a tensor that is stored turned."""
    found = read_torch(_torch_file())
    np.testing.assert_array_equal(found["a.weight"], [[0, 2, 4], [1, 3, 5]])


def test_a_file_that_would_start_something_is_refused() -> None:
    """A pickle may name any function; this one is not called."""
    with pytest.raises(FetchError, match=r"os\.system"):
        read_torch(_torch_file("os\nsystem"))


@pytest.mark.parametrize("content", [b"", b"text", _torch_file()[:-4]])
def test_half_a_file_is_refused(content: bytes) -> None:
    """As is none."""
    with pytest.raises(FetchError, match="cannot be read"):
        read_torch(content)


def test_a_tensor_that_reaches_over_its_storage_is_refused() -> None:
    """Rather than reading memory that is not its own."""
    with pytest.raises(FetchError, match="over the end"):
        read_torch(_torch_file(offset=1))


def test_another_package_than_the_known_one_is_refused(tmp_path: Path) -> None:
    """By its sum."""
    (tmp_path / efficientnet._WHEEL).write_bytes(b"PK")
    with pytest.raises(FetchError, match="not the file of"):
        published_weights(tmp_path)


def test_the_namer_is_beside_the_detector_and_leaves_its_boxes_alone() -> None:
    """Every layer of it has a source; changing it changes scores only."""
    learner = build_learner(SPEC, "float32")
    weights = get_weights(learner)
    named = {name.split("/")[0] for name in weights if name.startswith("namer_")}
    assert named == set(layer_sources())
    picture = np.random.default_rng(1).normal(size=(1, 64, 64, 3)).astype(np.float32)
    before = finished_network(SPEC, weights)(picture)
    weights["namer_stem/bias"] = weights["namer_stem/bias"] + 1.0
    after = finished_network(SPEC, weights)(picture)
    assert not np.array_equal(before["scores"], after["scores"])
    np.testing.assert_array_equal(before["boxes"], after["boxes"])


def test_the_published_weights_fit() -> None:
    """Every layer, in its shape; only where the cache holds the package."""
    if not (cache_dir() / efficientnet._WHEEL).is_file():
        pytest.skip("the package is not in the cache; training with a namer fetches it")
    shapes = {name: value.shape for name, value in get_weights(build_learner(SPEC, "float32")).items()}
    published = published_weights()
    assert published
    assert {name: value.shape for name, value in published.items()} == {name: shapes[name] for name in published}
    assert all(np.isfinite(value).all() for value in published.values())
