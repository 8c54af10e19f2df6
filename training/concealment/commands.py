"""The command ``fit-concealment``. Holds no work of its own."""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from device.core.concealment.body import BodyLook
from device.core.geometry import Polygon
from training.concealment.clips import Clip, Onlooker, read_clips
from training.concealment.crossval import auc, auc_interval, group_folds
from training.concealment.fit import Windows, fit, scores, windows_of
from training.concealment.looks_file import read_looks, write_looks
from training.concealment.write import as_module
from training.errors import DataError

Looks = dict[str, list[BodyLook]]


def add_concealment_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("fit-concealment", help="fit the small classifiers of hands and bags to clips")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="clips and their labels.csv")
    parser.add_argument(
        "--config", type=Path, default=Path("docs/examples/table.toml"), metavar="FILE",
        help="its first camera's first shelf says where goods lie (default: docs/examples/table.toml)",
    )  # fmt: skip
    parser.add_argument("--looks", type=Path, metavar="FILE", help="keep the looks there, and take them if it is there")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the module of coefficients to write")
    parser.set_defaults(command=_run)


def goods_of(config: Path) -> Polygon:
    """Where goods lie, by the first shelf of a configuration.

    Raises:
        DataError: the file cannot be read, or has no shelf.
    """
    try:
        corners = tomllib.loads(config.read_text(encoding="utf-8"))["cameras"][0]["shelves"][0]["polygon"]
        return Polygon(tuple((float(x), float(y)) for x, y in corners))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise DataError(f"{config}: the first camera's first shelf cannot be read: {error!r}") from error


def look_at(clips: list[Clip], goods: Polygon, kept: Path | None = None) -> Looks:
    """The looks at people in all clips.

    Args:
        clips: where to look.
        goods: where they lie in the picture.
        kept: a file that has the looks already, or gets them.

    Raises:
        DataError: a clip cannot be decoded, or the file is of other clips.
    """
    if kept is not None and kept.is_file():
        looks = read_looks(kept)
        if missing := [clip.name for clip in clips if clip.name not in looks]:
            raise DataError(f"{kept}: has no looks at {missing[0]}; delete it and look again")
        return looks
    looks = _look_at(clips, goods)
    if kept is not None:
        write_looks(kept, looks)
    return looks


def _look_at(clips: list[Clip], goods: Polygon) -> Looks:
    onlooker, looks = Onlooker(goods), Looks()
    try:
        for number, clip in enumerate(clips, start=1):
            looks[clip.name] = onlooker.looks(clip)
            _say(f"{number} of {len(clips)}: {clip.name}, {len(looks[clip.name])} looks")
    finally:
        onlooker.close()
    return looks


def _run(arguments: argparse.Namespace) -> int:
    goods, clips = goods_of(arguments.config), read_clips(arguments.data)
    windows = windows_of(clips, look_at(clips, goods, arguments.looks), goods)
    theft, groups = np.array([clip.theft for clip in clips]), [clip.group for clip in clips]
    tried = _tried(windows, theft, group_folds(groups))
    low, high = auc_interval(tried, theft, groups)
    says = f"AUC {auc(tried, theft):.3f} ({low:.3f} to {high:.3f}) by five folds of whole groups"
    _say(f"{len(windows.clip)} windows of {len(clips)} clips: {says}")
    classifiers = fit(windows, theft, np.ones(len(clips), dtype=np.bool_))
    note = f"Fitted to {len(clips)} clips of `{arguments.data.name}` in {len(set(groups))} takes; {says}."
    arguments.out.write_text(as_module(classifiers, note), encoding="utf-8")
    _say(f"written: {arguments.out}")
    return 0


def _tried(windows: Windows, theft: Any, fold: Any) -> Any:
    """Each clip's score by classifiers that have not seen its fold."""
    found = np.zeros(len(theft))
    for one in sorted(set(fold.tolist())):
        held_out = fold == one
        found[held_out] = scores(windows, fit(windows, theft, ~held_out), len(theft))[held_out]
    return found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
