"""The model card: what a model file says about itself, and its JSON. Does not read files or run models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from device.core.json_fields import Fields

CARD_VERSION = 1
KINDS = ("detector", "classifier", "pose")
_MAX_LABELS = 1000
_MAX_SIDE_PX = 4096


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One output of the network."""

    output: int
    """Its place among the outputs."""
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How a picture becomes the input of the network."""

    width: int
    """Columns, px."""
    height: int
    """Rows, px."""
    channels: str
    """Order of the colours, ``BGR`` or ``RGB``."""
    mean: tuple[float, float, float]
    """Subtracted from the bytes of each channel."""
    std: tuple[float, float, float]
    """Then divided by."""
    dtype: str
    scale: float
    zero_point: int
    resize: str
    """``letterbox``: the aspect is kept and the rest filled with ``pad``; ``stretch``: for classifiers of crops."""
    pad: tuple[int, int, int]
    """Bytes around the picture, a channel each."""


@dataclass(frozen=True, slots=True)
class HeadSpec:
    """How the outputs of a detector are to be read.

    ``gfl``: for every cell, row by row, finest stride first, a score a class and ``4 * bins`` logits; softmax over the
    bins times their number times the stride is the distance from the cell's centre, ``(x + 0.5) * stride``, to the
    left, top, right and bottom of the box.
    """

    type: str
    strides: tuple[int, ...]
    bins: int
    scores: TensorSpec
    boxes: TensorSpec


@dataclass(frozen=True, slots=True)
class PoseSpec:
    """How the outputs of a pose network are to be read; the labels of the card name its points."""

    points: TensorSpec
    """(1, 2 * points) x and y of each point in turn, px of the input."""
    seen: TensorSpec
    """(1, points) how surely each point is in view, 0..1."""
    presence: TensorSpec
    """(1, 1) how surely there is a body at all, 0..1."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything that a program must know to use a model, and a person to trust it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    input: InputSpec
    head: HeadSpec | None
    """None for a classifier, whose one output ``scores`` is, and for a pose network, which has ``pose``."""
    thresholds: Mapping[str, float]
    """Score from which a class counts as seen; ``default`` for those not named."""
    nms_iou: float
    """Overlap from which the weaker of two boxes of a class goes."""
    model_sha256: str
    """Sum of the network's own part of the file."""
    weights_sha256: str
    """Sum of the float weights that it was made from."""
    licence: str
    source: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)
    scores: TensorSpec | None = None
    pose: PoseSpec | None = None

    def threshold(self, label: str) -> float:
        """Score from which a thing of this class counts as seen."""
        return self.thresholds.get(label, self.thresholds["default"])


def card_from_json(text: str) -> ModelCard:
    """Read a card; fields that are not known are passed over.

    Raises:
        ValueError: a field is missing or impossible; the message names it.
    """
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"card is not JSON: {error}") from error
    top = Fields(raw, "card")
    version = top.whole("v", 1, 2**31)
    if version != CARD_VERSION:
        raise ValueError(f"card version {version} is not known, this program reads version {CARD_VERSION}")
    kind = top.choice("kind", KINDS)
    labels = top.texts("labels", _MAX_LABELS)
    detector = kind == "detector"
    head = _head(top.child("head")) if detector else None
    picture = _input(top.child("input"))
    if head is not None:
        _check_head(head, picture, len(labels))
    return ModelCard(
        name=top.text("name"),
        kind=kind,
        labels=labels,
        input=picture,
        head=head,
        thresholds=_thresholds(top.child("thresholds"), labels),
        nms_iou=top.number("nms_iou", 0.0, 1.0) if detector else 1.0,
        model_sha256=top.text("model_sha256"),
        weights_sha256=top.text("weights_sha256"),
        licence=top.text("licence"),
        source=top.optional("source"),
        calibration=top.optional("calibration"),
        measured=top.optional("measured"),
        scores=_one_score_a_label(_tensor(top.child("scores")), len(labels)) if kind == "classifier" else None,
        pose=_pose(top.child("pose"), len(labels)) if kind == "pose" else None,
    )


def card_to_json(card: ModelCard) -> str:
    """Write a card, the same text for the same card."""
    raw: dict[str, Any] = {
        "v": CARD_VERSION,
        "name": card.name,
        "kind": card.kind,
        "labels": list(card.labels),
        "input": {key: _plain(getattr(card.input, key)) for key in InputSpec.__slots__},
        "thresholds": dict(card.thresholds),
        "licence": card.licence,
        "source": dict(card.source),
        "weights_sha256": card.weights_sha256,
        "model_sha256": card.model_sha256,
        "calibration": dict(card.calibration),
        "measured": dict(card.measured),
    }
    if card.head is not None:
        raw["head"] = {
            "type": card.head.type,
            "strides": list(card.head.strides),
            "bins": card.head.bins,
            "centre": "(x + 0.5) * stride",
            "scores": _tensor_to_raw(card.head.scores),
            "boxes": _tensor_to_raw(card.head.boxes),
        }
        raw["nms_iou"] = card.nms_iou
    if card.scores is not None:
        raw["scores"] = _tensor_to_raw(card.scores)
    if card.pose is not None:
        raw["pose"] = {key: _tensor_to_raw(getattr(card.pose, key)) for key in PoseSpec.__slots__}
    return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _tensor_to_raw(tensor: TensorSpec) -> dict[str, Any]:
    return {key: _plain(getattr(tensor, key)) for key in TensorSpec.__slots__}


def _tensor(fields: Fields) -> TensorSpec:
    return TensorSpec(
        output=fields.whole("output", 0, 15),
        shape=tuple(int(side) for side in fields.numbers("shape", None, 1, 2**24)),
        dtype=fields.choice("dtype", ("int8",)),
        scale=fields.number("scale", 1e-9, 1e6),
        zero_point=fields.whole("zero_point", -128, 127),
    )


def _input(fields: Fields) -> InputSpec:
    mean, std = fields.numbers("mean", 3, -1e6, 1e6), fields.numbers("std", 3, 1e-6, 1e6)
    pad = fields.numbers("pad", 3, 0, 255)
    return InputSpec(
        width=fields.whole("width", 1, _MAX_SIDE_PX),
        height=fields.whole("height", 1, _MAX_SIDE_PX),
        channels=fields.choice("channels", ("BGR", "RGB")),
        mean=(mean[0], mean[1], mean[2]),
        std=(std[0], std[1], std[2]),
        dtype=fields.choice("dtype", ("int8",)),
        scale=fields.number("scale", 1e-9, 1e6),
        zero_point=fields.whole("zero_point", -128, 127),
        resize=fields.choice("resize", ("letterbox", "stretch")),
        pad=(int(pad[0]), int(pad[1]), int(pad[2])),
    )


def _head(fields: Fields) -> HeadSpec:
    return HeadSpec(
        type=fields.choice("type", ("gfl",)),
        strides=tuple(int(stride) for stride in fields.numbers("strides", None, 1, 1024)),
        bins=fields.whole("bins", 2, 64),
        scores=_tensor(fields.child("scores")),
        boxes=_tensor(fields.child("boxes")),
    )


def _pose(fields: Fields, points: int) -> PoseSpec:
    pose = PoseSpec(*(_tensor(fields.child(key)) for key in PoseSpec.__slots__))
    for key, tensor, values in (("points", pose.points, 2 * points), ("seen", pose.seen, points)):
        if tensor.shape != (1, values):
            raise ValueError(f"card: pose.{key}.shape is {tensor.shape}, expected {(1, values)}")
    if pose.presence.shape != (1, 1):
        raise ValueError(f"card: pose.presence.shape is {pose.presence.shape}, expected (1, 1)")
    if len({pose.points.output, pose.seen.output, pose.presence.output}) != 3:
        raise ValueError("card: two parts of pose name the same output")
    return pose


def _one_score_a_label(scores: TensorSpec, labels: int) -> TensorSpec:
    if scores.shape != (1, labels):
        raise ValueError(f"card: scores.shape is {scores.shape}, expected {(1, labels)}")
    return scores


def _check_head(head: HeadSpec, picture: InputSpec, classes: int) -> None:
    if any(picture.width % stride or picture.height % stride for stride in head.strides):
        raise ValueError(f"card: input {picture.width}x{picture.height} is no multiple of the strides {head.strides}")
    cells = sum((picture.width // stride) * (picture.height // stride) for stride in head.strides)
    for key, tensor, channels in (("scores", head.scores, classes), ("boxes", head.boxes, 4 * head.bins)):
        if tensor.shape != (1, cells, channels):
            raise ValueError(f"card: head.{key}.shape is {tensor.shape}, expected {(1, cells, channels)}")
    if head.scores.output == head.boxes.output:
        raise ValueError("card: head.scores and head.boxes name the same output")


def _thresholds(fields: Fields, labels: tuple[str, ...]) -> dict[str, float]:
    known = {"default", *labels}
    values = {key: fields.number(key, 0.0, 1.0) for key in fields.raw}
    if "default" not in values or not known.issuperset(values):
        raise ValueError("card: thresholds needs 'default' and otherwise only names of labels")
    return values
