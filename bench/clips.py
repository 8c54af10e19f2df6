"""Real clips with truth as scenes; what the detector found is kept in ``.cache``. Does not follow or score."""

import hashlib
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench.scenes import Look, Scene
from device.core.appearance import describe
from device.core.decode import DecodeSettings
from device.core.detections import Detections
from device.core.frame import Frame
from device.core.motion import MotionGate
from device.detect.detector import DetectorSettings, open_detector

ROOT = Path(__file__).parent.parent
CLIPS = {"tud_campus": "TUD-Campus.mp4", "tud_stadtmitte": "TUD-Stadtmitte.mp4"}
_RATE = 25.0
_PEOPLE = ("person",)


def clip(name: str, rate: float, model: Path, first: int = 0) -> Scene:
    """A clip of the development data with so many looks a second from a first picture on; the gate sees no others."""
    folder = Path(os.environ["SHOPWARDEN_DEV_DATA"]) / name
    found = _found(folder / CLIPS[name], model)
    truth = _truth(folder / "gt.txt")
    gate, looks, step = MotionGate(), [], max(1, round(_RATE / rate))
    for seq in range(first, len(found["luma"]), step):
        motion = gate.update(found["luma"][seq], seq / _RATE)
        ids, boxes = truth[seq + 1]
        looks.append(Look(seq + 1, seq / _RATE, _detections(found, seq), motion, tuple(ids), np.array(boxes)))
    return Scene(name, _RATE / step, tuple(looks))


def _found(path: Path, model: Path) -> dict[str, NDArray[Any]]:
    """Everything that the detector finds in each picture, and the pictures small and grey for the gate."""
    kept = ROOT / ".cache" / "tracks" / f"{path.stem}-{model.stem}-{_state_of(model)}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, allow_pickle=False, **_detect(path, model))
    with np.load(kept) as arrays:
        return dict(arrays)


def _state_of(model: Path) -> str:
    """A hash of the model and of all code between it and a described detection."""
    parts = [model, *sorted((ROOT / "device" / "detect").glob("*.py"))]
    parts += [ROOT / "device" / "core" / name for name in ("appearance.py", "decode.py", "frame.py")]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]


def _detect(path: Path, model: Path) -> dict[str, NDArray[Any]]:
    detector = open_detector(model, DetectorSettings(decode=DecodeSettings(only=_PEOPLE)))
    columns: dict[str, list[NDArray[Any]]] = defaultdict(list)
    with av.open(str(path)) as container:
        for seq, picture in enumerate(container.decode(video=0)):
            frame = Frame(seq, seq / _RATE, None, picture.to_ndarray(format="yuv420p").astype(np.uint8))
            seen = describe(frame, detector.detect(frame))
            columns["luma"].append(frame.luma[::2, ::2].copy())
            columns["boxes"].append(seen.boxes)
            columns["scores"].append(seen.scores)
            columns["looks"].append(seen.appearance.reshape(len(seen), -1))
            columns["picture"].append(np.full(len(seen), seq))
            columns["size"] = [np.array([frame.width, frame.height])]
    detector.close()
    columns["looks"] = [looks for looks in columns["looks"] if len(looks)]
    luma = np.stack(columns.pop("luma"))
    return {"luma": luma, **{name: np.concatenate(parts) for name, parts in columns.items()}}


def _detections(found: dict[str, NDArray[Any]], seq: int) -> Detections:
    mine = found["picture"] == seq
    width, height = found["size"].tolist()
    return Detections(
        boxes=found["boxes"][mine].astype(np.float32),
        scores=found["scores"][mine].astype(np.float32),
        classes=np.zeros(int(mine.sum()), dtype=np.intp),
        labels=_PEOPLE,
        size=(width, height),
        appearance=found["looks"][mine].astype(np.float32),
    )


def _truth(path: Path) -> dict[int, tuple[list[int], list[list[float]]]]:
    """By picture, from 1: numbers and boxes of the people that count."""
    truth: dict[int, tuple[list[int], list[list[float]]]] = defaultdict(lambda: ([], []))
    for line in path.read_text(encoding="ascii").splitlines():
        number, person, x, y, width, height, counts = (float(value) for value in line.split(",")[:7])
        if counts:
            ids, boxes = truth[int(number)]
            ids.append(int(person))
            boxes.append([x, y, x + width, y + height])
    return truth
