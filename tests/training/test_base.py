"""Rebuilding a published graph, and the int8 network that comes of it."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from device.core.card import ModelCard
from device.core.decode import DecodeSettings
from device.detect.detector import DetectorSettings, NetworkDetector
from device.detect.load import read_model
from device.detect.scripted import scripted_card
from training.base.fetch import cached_base
from training.base.nanodet import TOLERANCE, check_equal
from training.base.reference import evaluate_graph
from training.base.tfjs import read_graph
from training.errors import ExportError, FetchError
from training.floatrun import FloatInput, float_finder
from training.nanodet import BINS, STRIDES, NanoDetSpec, build_nanodet
from training.quantise import quantise
from training.tflite_file import refuse_float, write_model

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
pytestmark = pytest.mark.train
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_KERNEL = np.arange(18, dtype=np.float16).reshape(1, 1, 6, 3) / 8


def _attr_ints(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def _tiny_graph(folder: Path) -> tuple[Path, Path]:
    """Pad, turn, convolve and activate: a graph of the published kind that can be worked out by hand."""
    nodes = [
        {"name": "in", "op": "Placeholder", "attr": {}},
        {"name": "turn", "op": "Transpose", "input": ["in", "order"]},
        {"name": "twice", "op": "ConcatV2", "input": ["turn", "turn", "axis"]},
        {"name": "conv", "op": "Conv2D", "input": ["twice", "kernel"], "attr": {"strides": _attr_ints(1, 1, 1, 1)}},
        {"name": "act", "op": "LeakyRelu", "input": ["conv"], "attr": {"alpha": {"f": 0.5}}},
        {"name": "parts", "op": "SplitV", "input": ["act", "sizes", "axis"]},
        {"name": "out", "op": "Identity", "input": ["parts:1"]},
    ]
    arrays: dict[str, NDArray[Any]] = {
        "order": np.array([0, 2, 3, 1], dtype=np.int32),
        "axis": np.array(3, dtype=np.int32),
        "sizes": np.array([1, 2], dtype=np.int32),
        "kernel": _KERNEL,
    }
    entries = [
        {"name": name, "shape": list(array.shape), "dtype": "float32" if name == "kernel" else "int32"}
        | ({"quantization": {"dtype": "float16"}} if name == "kernel" else {})
        for name, array in arrays.items()
    ]
    topology, weights = folder / "tiny.json", folder / "tiny.bin"
    model = {
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"weights": entries}],
        "signature": {"outputs": {"out:0": {}}},
    }
    topology.write_text(json.dumps(model), encoding="utf-8")
    weights.write_bytes(b"".join(array.tobytes() for array in arrays.values()))
    return topology, weights


def test_a_graph_is_evaluated_node_by_node(tmp_path: Path) -> None:
    """Against the same sum in numpy."""
    picture = np.random.default_rng(1).normal(size=(1, 3, 4, 5)).astype(np.float32)
    found = evaluate_graph(read_graph(*_tiny_graph(tmp_path)), picture)["out"]
    turned = np.concatenate([picture.transpose(0, 2, 3, 1)] * 2, axis=3)
    expected = turned @ _KERNEL[0, 0].astype(np.float32)
    np.testing.assert_allclose(found, np.where(expected > 0, expected, expected / 2)[..., 1:], rtol=1e-5)


def test_weights_of_another_length_are_refused(tmp_path: Path) -> None:
    """The two files must belong together."""
    topology, weights = _tiny_graph(tmp_path)
    weights.write_bytes(weights.read_bytes() + b"\0\0")
    with pytest.raises(FetchError, match=r"tiny\.json"):
        read_graph(topology, weights)


def test_an_operation_that_is_not_known_is_named(tmp_path: Path) -> None:
    """Rather than guessing what it might do."""
    topology, weights = _tiny_graph(tmp_path)
    topology.write_text(topology.read_text(encoding="utf-8").replace("LeakyRelu", "Fold"), encoding="utf-8")
    with pytest.raises(FetchError, match="Fold"):
        evaluate_graph(read_graph(topology, weights), np.zeros((1, 3, 4, 5), dtype=np.float32))


@pytest.mark.parametrize("size", [(100, 96), (32, 64)])
def test_a_network_of_an_impossible_size_is_refused(size: tuple[int, int]) -> None:
    """The coarsest cells are 32 px wide, and the neck needs two of them."""
    with pytest.raises(ValueError, match=f"{size[0]}x{size[1]}"):
        NanoDetSpec(*size, classes=2)


def test_the_published_network_is_rebuilt_exactly() -> None:
    """Every score and every logit, at the published size; only where the cache holds the package."""
    files = cached_base()
    if files is None:
        pytest.skip("the base package is not in the cache; shopwarden-train import fetches it")
    assert check_equal(read_graph(files.topology, files.weights)) <= TOLERANCE


def _small_card(width: int, height: int) -> ModelCard:

    card = scripted_card(("person", "bottle"))
    return replace(card, name="small", input=replace(card.input, width=width, height=height, pad=(0, 0, 0)))


def test_a_fresh_network_goes_all_the_way_to_the_device(tmp_path: Path) -> None:
    """Built, quantised, written with its card, read and run by the device; int8 stays near float."""
    keras.utils.set_random_seed(4)
    card = _small_card(96, 64)
    model = build_nanodet(NanoDetSpec(96, 64, classes=2))
    random = np.random.default_rng(2)
    pictures = [random.integers(0, 255, size=(64, 96, 3)).astype(np.uint8) for _ in range(6)]
    source = FloatInput(card.input)
    quantised = quantise(model, [source.fill(picture)[0].copy() for picture in pictures])
    boxes, scores = quantised.outputs
    assert (scores.scale, scores.zero_point) == (1 / 256, -128)
    head = card.head
    assert head is not None
    picture_spec = replace(card.input, scale=quantised.picture.scale, zero_point=quantised.picture.zero_point)
    card = replace(card, input=picture_spec, head=replace(head, strides=STRIDES, bins=BINS, scores=scores, boxes=boxes))
    written = write_model(tmp_path / "small.tflite", quantised.network, card, {"NOTICE": "drawn"})
    read = read_model(tmp_path / "small.tflite")
    assert read.card == written

    settings = DecodeSettings(floor=0.01, nms_iou=1.0, max_candidates=5000, max_detections=5000)
    detector = NetworkDetector(read, DetectorSettings(decode=settings))
    find = float_finder(model, card.input, card.labels, 1.0, settings)
    ours, float_ones = detector.detect_bgr(pictures[0]), find(pictures[0])
    assert len(ours) == len(float_ones)
    assert abs(ours.scores.mean() - float_ones.scores.mean()) < 0.02
    assert np.abs(np.sort(ours.boxes, axis=0) - np.sort(float_ones.boxes, axis=0)).mean() < 0.02


def test_a_graph_with_a_float_left_in_it_is_refused() -> None:
    """A network that was converted without quantisation does not pass for int8."""

    @tf.function(input_signature=[tf.TensorSpec((1, 4), tf.float32)])  # type: ignore[untyped-decorator]
    def double(value: Any) -> Any:
        return value * 2.0

    network = tf.lite.TFLiteConverter.from_concrete_functions([double.get_concrete_function()]).convert()
    with pytest.raises(ExportError, match="not full int8"):
        refuse_float(network)


def test_the_same_network_gives_the_same_file(tmp_path: Path) -> None:
    """No time or order of the day gets into a model file."""
    card = _small_card(64, 64)
    for name in ("one.tflite", "two.tflite"):
        write_model(tmp_path / name, b"\x1c\0\0\0TFL3" + bytes(100), card, {"NOTICE": "x"})
    assert (tmp_path / "one.tflite").read_bytes() == (tmp_path / "two.tflite").read_bytes()
