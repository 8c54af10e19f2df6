"""Carries out the import recipe of the pose network: fetch, cut, int8, measurement, card, file. Does not train."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec, ModelCard, PoseSpec
from device.core.cutout import Window, around, cut
from device.core.frame import frame_from_bgr
from device.core.geometry import Box
from device.core.pose import Pose, PoseReader
from device.detect.litert import Network
from device.detect.load import ModelFile, read_model
from device.detect.pose import MARGIN
from device.detect.preprocess import Letterbox
from training.base.blazepose import POINTS, SIDE_PX, build_blazepose, check_equal, evened
from training.base.fetch import POSE_PACKAGE, POSE_VERSION, fetch_pose
from training.base.recipe import PoseRecipe
from training.base.tflite_graph import read_tflite
from training.coco import CocoSet, read_picture
from training.errors import DataError, ExportError
from training.floatrun import FloatInput
from training.quantise import Quantised, quantise
from training.tflite_file import write_model

UPSTREAM = "https://github.com/google-ai-edge/mediapipe"
NOTICE = (
    "MediaPipe pose landmarks, lite: Copyright The MediaPipe Authors, Apache License 2.0.\n"
    f"Taken from the npm package {POSE_PACKAGE}@{POSE_VERSION}, Apache License 2.0.\n"
    "Changed here: face, feet, depth, mask and heat map cut off, rebuilt in Keras, quantised to 8-bit integers.\n"
)
_INPUT = InputSpec(
    width=SIDE_PX,
    height=SIDE_PX,
    channels="RGB",
    mean=(0.0, 0.0, 0.0),
    std=(255.0, 255.0, 255.0),
    dtype="int8",
    scale=1.0,
    zero_point=0,
    resize="letterbox",
    pad=(0, 0, 0),
)

Say = Callable[[str], None]
Bgr = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person of the set, cut out as the device would."""

    crop: Bgr
    window: Window
    size: tuple[int, int]
    height: float
    """Of the box, fractions of the picture."""


def make_pose(recipe: PoseRecipe, coco: CocoSet, out: Path, say: Say) -> Path:
    """Make the pose network.

    Args:
        recipe: what to make.
        coco: pictures with people, who give the int8 ranges.
        out: the folder to write to.
        say: is told how it goes, a line at a time.

    Raises:
        TrainingError: it cannot be fetched, or int8 moves its points further than the recipe allows.
    """
    published = fetch_pose()
    people = list(people_of(coco, recipe.min_height_px))
    if not people:
        raise DataError(f"{coco.path}: nobody in it is {recipe.min_height_px} px tall")
    source = FloatInput(_INPUT)
    say(f"{len(people)} people; quantising on {min(recipe.people, len(people))}")
    samples = [source.fill(person.crop)[0].copy() for person in people[: recipe.people]]
    model = build_blazepose(evened(read_tflite(published), samples))
    say(f"base {POSE_PACKAGE}@{POSE_VERSION}: rebuilt, points differ by {check_equal(published, model):.1e} px at most")
    quantised = quantise(model, samples)
    card = _card(recipe, quantised, coco, hashlib.sha256(published.read_bytes()).hexdigest())
    out.mkdir(parents=True, exist_ok=True)
    path, notices = out / f"{card.name}.tflite", {"NOTICE": NOTICE, "LICENSE": recipe.licence_text}
    trial = path.with_name(path.name + ".trial")
    try:
        write_model(trial, quantised.network, card, notices)
        shifts = _shifts(model, read_model(trial), people)
    finally:
        trial.unlink(missing_ok=True)
    median, p95 = float(np.median(shifts)), float(np.quantile(shifts, 0.95))
    say(f"{path.name}: int8 moves a point by {median:.4f} of the person's height (median), {p95:.4f} (p95)")
    if median > recipe.max_shift:
        raise ExportError(f"{path.name}: int8 moves points by {median:.4f}, the recipe allows {recipe.max_shift}")
    shift = {"shift": round(median, 4), "shift_p95": round(p95, 4)}
    measured = {"set": coco.path.parent.name, "people": len(people), **shift}
    write_model(path, quantised.network, replace(card, measured=measured), notices)
    (out / f"{recipe.name}.LICENSE").write_text(recipe.licence_text, encoding="utf-8")
    return path


def people_of(coco: CocoSet, min_height_px: int) -> Iterator[Person]:
    """Everybody tall enough, picture by picture."""
    ids = {id_ for id_, name in coco.categories.items() if name == "person"}
    for picture in coco.pictures:
        boxes = [box for box in coco.boxes_of(picture.id) if box.category_id in ids and not box.crowd]
        tall = [box.sides for box in boxes if box.sides[3] >= min_height_px]
        if not tall:
            continue
        frame = frame_from_bgr(read_picture(picture))
        size = (frame.width, frame.height)
        for x, y, width, height in tall:
            box: Box = (x / size[0], y / size[1], (x + width) / size[0], (y + height) / size[1])
            window = around(box, size, MARGIN, square=True)
            yield Person(cut(frame, window).bgr(), window, size, box[3] - box[1])


def _card(recipe: PoseRecipe, quantised: Quantised, coco: CocoSet, weights_sha256: str) -> ModelCard:
    # Keras hands out a dictionary's values by the order of their names.
    points, presence, seen = quantised.outputs
    return ModelCard(
        name=f"{recipe.name}-{SIDE_PX}",
        kind="pose",
        labels=POINTS,
        input=replace(_INPUT, scale=quantised.picture.scale, zero_point=quantised.picture.zero_point),
        head=None,
        pose=PoseSpec(points=points, seen=seen, presence=presence),
        thresholds={"default": recipe.presence},
        nms_iou=1.0,
        model_sha256="written with the file",
        weights_sha256=weights_sha256,
        licence=recipe.licence,
        source={"package": POSE_PACKAGE, "version": POSE_VERSION, "upstream": UPSTREAM},
        calibration={"set": coco.path.parent.name, "people": recipe.people},
    )


def _shifts(model: Any, file: ModelFile, people: list[Person]) -> NDArray[np.float64]:
    """How far apart int8 and float see the points of the same people, heights of each person."""
    reader, network, source = PoseReader(file.card), Network(file, threads=2), FloatInput(_INPUT)
    letterbox, found = Letterbox(file.card.input), []
    for person in people:
        network.run(letterbox.fill_bgr(person.crop)[0])
        int8 = reader.read(network.output, person.window, person.size)
        inside = np.asarray(model(source.fill(person.crop)[0], training=False)["points"]).reshape(-1, 2) / SIDE_PX
        found.append(_apart(int8, inside, person))
    return np.concatenate(found)


def _apart(int8: Pose, inside: NDArray[Any], person: Person) -> NDArray[np.float64]:
    size = np.array(person.size)
    origin, extent = (person.window.left, person.window.top), (person.window.width, person.window.height)
    there = np.array(origin) + inside * np.array(extent)
    return np.asarray(np.linalg.norm(int8.points * size - there, axis=1) / (person.height * size[1]))
