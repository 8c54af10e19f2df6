"""How well the rule about concealment ranks staged thefts over other clips, with the controls that keep it honest.

    python -m bench.staged_theft --data DIR [--looks FILE] [--limit N]

DIR holds clips and ``labels.csv``. Each clip is replayed as a user would, with coefficients that
have not seen its take.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.theft_controls import backgrounds, hand_to_hip, ridge_scores, with_sign
from device.config.cameras import RuleTable
from device.config.load import load_config
from device.config.model import Config
from device.replay import ReplayOptions, replay
from training.concealment.clips import Clip, read_clips
from training.concealment.commands import goods_of, look_at
from training.concealment.crossval import auc, auc_interval, best_f1, group_folds
from training.concealment.fit import Windows, fit, scores, windows_of

CONFIG = Path("docs/examples/table.toml")
POCKET = frozenset(
    (56, 57, 60, 67, 69, 73, 76, 77, 78, 82, 93, 94, 115, 117, 123, 124, 133)
)  # of the thefts of staged_theft; the rest is into a bag or a jacket
_TAKES = {
    "striped shirt": "0", "purple shirt": "3 5", "white shirt": "6 10 11 14 20", "red shirt": "8",
    "navy cap": "16 22 50",
    "checked shirt": "18 32 52", "blue checks": "44", "black shirt": "46", "green shirt": "47", "mask": "48 54 56",
    "black and red": "24 28", "white bandana": "58", "black and white": "60",
}  # fmt: skip
PEOPLE = {take: person for person, takes in _TAKES.items() for take in takes.split()}
"""Who is in which take, told apart by their clothes; takes without anybody at the goods are by themselves."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Folds = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay said of a clip."""

    concealment: float
    item: float
    """Of an ``item_taken`` to which no ``item_returned`` links."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    scores: Floats
    groups: list[str]


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--looks", type=Path)
    parser.add_argument("--limit", type=int, default=None, help="replay only so many clips, for a try")
    asked = parser.parse_args()
    clips, goods = read_clips(asked.data)[: asked.limit], goods_of(CONFIG)
    windows = windows_of(clips, look_at(clips, goods, asked.looks), goods)
    sys.stdout.write(table(clips, windows))
    return 0


def table(clips: list[Clip], windows: Windows) -> str:
    """The table as text."""
    theft = np.array([clip.theft for clip in clips])
    groups, people = [clip.group for clip in clips], [PEOPLE.get(clip.group, clip.group) for clip in clips]
    by_take, by_person = group_folds(groups), np.unique(people, return_inverse=True)[1]
    told = _replayed(clips, windows, theft, by_take)
    hands = np.array([each.concealment for each in told])
    both = np.array([max(each.concealment, each.item) for each in told])
    scene = backgrounds(clips)
    seconds = np.array([_seconds(clip) for clip in clips])
    rows = [
        Row("`concealment`, replayed, five folds of takes", hands, groups),
        Row("the same or `item_taken` not put back, with the shelf rules on", both, groups),
        Row("`concealment`, people never seen in fitting", held_out(windows, theft, by_person), people),
        Row("control: hand to hip, untrained", hand_to_hip(windows, len(clips)), groups),
        Row("control: background, people cut out, by takes", ridge_scores(scene, theft, by_take), groups),
        Row("control: background, people cut out, by people", ridge_scores(scene, theft, by_person), people),
        Row("control: length of the clip", with_sign(seconds, theft, by_take), groups),
    ]
    acts = np.array([_act(clip) for clip in clips])
    head = [
        "| what | AUC | 95 % by group | into a pocket | into a bag | best F1 |",
        "|-|-|-|-|-|-|",
    ]
    lines = [_line(row, theft, acts) for row in rows]
    always = 2 * theft.sum() / (theft.sum() + len(theft))
    return "\n".join([*head, *lines, f"| control: always theft | .500 | | .500 | .500 | {_short(always)} |", ""])


def _replayed(clips: list[Clip], windows: Windows, theft: Bools, fold: Folds) -> list[Replayed]:
    """Every clip through the whole pipeline, with coefficients that have not seen its take."""
    config, found = _with_shelf_rules(load_config(CONFIG)), dict[int, Replayed]()
    for one in sorted(set(fold.tolist())):
        classifiers = fit(windows, theft, fold != one)
        for number in np.flatnonzero(fold == one).tolist():
            with tempfile.TemporaryDirectory() as out:
                options = ReplayOptions(video=clips[number].path, out=Path(out), classifiers=classifiers)
                replay(config, options)
                found[number] = read_events(Path(out) / "events.jsonl")
            sys.stderr.write(f"\r{len(found)} of {len(clips)} replayed")
    sys.stderr.write("\n")
    return [found[number] for number in range(len(clips))]


def _with_shelf_rules(config: Config) -> Config:
    camera = config.cameras[0]
    shelf = camera.shelves[0].id
    more = (RuleTable(kind="item_taken", shelf=shelf), RuleTable(kind="item_returned", shelf=shelf))
    rules = (*(camera.rules or ()), *more)
    return config.model_copy(update={"cameras": (camera.model_copy(update={"rules": rules}),)})


def read_events(path: Path) -> Replayed:
    """The highest confidence of each kind."""
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    back = {link for event in events if event["kind"] == "item_returned" for link in event["links"]}
    best = {"concealment": 0.0, "item_taken": 0.0}
    for event in events:
        if event["kind"] in best and event["event_id"] not in back:
            best[event["kind"]] = max(best[event["kind"]], event["confidence"])
    return Replayed(best["concealment"], best["item_taken"])


def held_out(windows: Windows, theft: Bools, fold: Folds) -> Floats:
    """From the looks alone, without a replay of each."""
    found = np.zeros(len(theft))
    for one in sorted(set(fold.tolist())):
        found[fold == one] = scores(windows, fit(windows, theft, fold != one), len(theft))[fold == one]
    return found


def _line(row: Row, theft: Bools, acts: NDArray[np.str_]) -> str:
    low, high = auc_interval(row.scores, theft, row.groups)
    by_act = (auc(row.scores[acts != other], theft[acts != other]) for other in ("bag", "pocket"))
    figures = [auc(row.scores, theft), *by_act]
    total, pocket, bag = (_short(figure) for figure in figures)
    f1 = _short(best_f1(row.scores, theft))
    return f"| {row.what} | {total} | {_short(low)} to {_short(high)} | {pocket} | {bag} | {f1} |"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _act(clip: Clip) -> str:
    if not clip.theft:
        return "none"
    return "pocket" if int(clip.path.stem.rpartition("_")[2]) in POCKET else "bag"


def _seconds(clip: Clip) -> float:
    video = cv2.VideoCapture(str(clip.path))
    frames, rate = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
    video.release()
    return float(frames / rate)


if __name__ == "__main__":
    sys.exit(main())
