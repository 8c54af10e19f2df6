"""Carries out an import recipe: base network, int8, measurement, card, file. Does not train."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from device.core.card import HeadSpec, ModelCard
from device.detect.detector import DetectorSettings, NetworkDetector
from device.detect.load import read_model
from training.base.fetch import PACKAGE, VERSION, fetch_base
from training.base.nanodet import COCO_CLASSES, check_equal, load_published
from training.base.recipe import ImportRecipe
from training.base.tfjs import Graph, read_graph
from training.coco import CocoSet, read_picture
from training.errors import ExportError, RecipeError
from training.floatrun import FloatInput, float_finder
from training.look import EVALUATION, measure
from training.metrics import Scores
from training.nanodet import BINS, STRIDES, NanoDetSpec, build_nanodet
from training.quantise import Quantised, quantise
from training.tflite_file import write_model

BASE = "nanodet-g"
UPSTREAM = "https://github.com/RangiLyu/nanodet"
NOTICE = (
    "NanoDet-g: Copyright the authors of NanoDet, https://github.com/RangiLyu/nanodet, Apache License 2.0.\n"
    f"Converted weights: {PACKAGE}@{VERSION}, Copyright (c) Vladimir Mandic, MIT License.\n"
    "Changed here: rebuilt in Keras, quantised to 8-bit integers.\n"
)

Say = Callable[[str], None]


def make_detectors(recipe: ImportRecipe, coco: CocoSet, out: Path, say: Say) -> list[Path]:
    """Make every detector of a recipe.

    Args:
        recipe: what to make.
        coco: pictures that give the int8 ranges, and on which float and int8 are compared.
        out: the folder to write to.
        say: is told how it goes, a line at a time.

    Raises:
        RecipeError: the recipe asks for what is not there.
        TrainingError: the base cannot be fetched, or int8 loses more than the recipe allows.
    """
    if recipe.base != BASE:
        raise RecipeError(f"recipe {recipe.name}: base '{recipe.base}' is not known, only {BASE}")
    labels = tuple(name for _, name in sorted(coco.categories.items()))
    if len(labels) != COCO_CLASSES:
        raise RecipeError(f"{coco.path}: has {len(labels)} categories, {BASE} was trained on COCO's {COCO_CLASSES}")
    files = fetch_base()
    graph = read_graph(files.topology, files.weights)
    say(f"base {PACKAGE}@{VERSION}: rebuilt, differs from the published graph by {check_equal(graph):.1e}")
    weights_sha256 = hashlib.sha256(files.weights.read_bytes()).hexdigest()
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for size_px in recipe.sizes_px:
        path = out / f"{recipe.name}-{size_px}.tflite"
        _make(recipe, graph, coco, _Target(path, size_px, labels, weights_sha256), say)
        made.append(path)
    (out / f"{recipe.name}.LICENSE").write_text(recipe.licence_text, encoding="utf-8")
    return made


class _Target:
    """One file to make."""

    def __init__(self, path: Path, size_px: int, labels: tuple[str, ...], weights_sha256: str) -> None:
        self.path = path
        self.size_px = size_px
        self.labels = labels
        self.weights_sha256 = weights_sha256


def _make(recipe: ImportRecipe, graph: Graph, coco: CocoSet, target: _Target, say: Say) -> None:
    spec = recipe.input_spec(target.size_px)
    model = build_nanodet(NanoDetSpec(target.size_px, target.size_px, len(target.labels)))
    load_published(model, graph)
    source = FloatInput(spec)
    chosen = coco.pictures[: recipe.calibration_pictures]
    say(f"{target.path.name}: quantising on {len(chosen)} pictures")
    quantised = quantise(model, (source.fill(read_picture(picture))[0].copy() for picture in chosen))
    card = _card(recipe, target, quantised, coco, len(chosen))
    notices = {"NOTICE": NOTICE, "LICENSE": recipe.licence_text}
    float_scores = _float_scores(model, card, coco)
    trial = target.path.with_name(target.path.name + ".trial")
    try:
        write_model(trial, quantised.network, card, notices)
        scores = _int8_scores(trial, coco)
    finally:
        trial.unlink(missing_ok=True)
    say(f"{target.path.name}: AP {scores.ap:.4f}, float {float_scores.ap:.4f}")
    if float_scores.ap - scores.ap > recipe.max_ap_loss:
        loss = float_scores.ap - scores.ap
        raise ExportError(f"{target.path.name}: int8 loses {loss:.4f} AP, the recipe allows {recipe.max_ap_loss}")
    card = replace(card, measured=_measured(scores, float_scores, coco, len(chosen)))
    write_model(target.path, quantised.network, card, notices)


def _card(
    recipe: ImportRecipe, target: _Target, quantised: Quantised, coco: CocoSet, calibration_pictures: int
) -> ModelCard:
    boxes, scores = quantised.outputs
    picture = recipe.input_spec(target.size_px)
    return ModelCard(
        name=target.path.stem,
        kind="detector",
        labels=target.labels,
        input=replace(picture, scale=quantised.picture.scale, zero_point=quantised.picture.zero_point),
        head=HeadSpec(type="gfl", strides=STRIDES, bins=BINS, scores=scores, boxes=boxes),
        thresholds=recipe.thresholds,
        nms_iou=recipe.nms_iou,
        model_sha256="written with the file",
        weights_sha256=target.weights_sha256,
        licence=recipe.licence,
        source={"package": PACKAGE, "version": VERSION, "package_licence": "MIT", "upstream": UPSTREAM},
        calibration={"set": coco.path.parent.name, "pictures": calibration_pictures},
    )


def _float_scores(model: Any, card: ModelCard, coco: CocoSet) -> Scores:
    find = float_finder(model, card.input, card.labels, card.nms_iou, EVALUATION)
    return measure(find, coco, card.labels)


def _int8_scores(path: Path, coco: CocoSet) -> Scores:
    detector = NetworkDetector(read_model(path), DetectorSettings(threads=2, decode=EVALUATION))
    try:
        return measure(detector.detect_bgr, coco, detector.card.labels)
    finally:
        detector.close()


def _measured(scores: Scores, float_scores: Scores, coco: CocoSet, calibration_pictures: int) -> dict[str, Any]:
    person = scores.per_class.get("person", {}).get("ap")
    return {
        "set": coco.path.parent.name,
        "images": len(coco.pictures),
        "of_these_calibrated_on": calibration_pictures,
        "ap": round(scores.ap, 4),
        "ap50": round(scores.ap50, 4),
        "person_ap": None if person is None else round(person, 4),
        "float_ap": round(float_scores.ap, 4),
    }
