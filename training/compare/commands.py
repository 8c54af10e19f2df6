"""The command ``compare``. Holds no work of its own."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device.errors import UsageError


def add_compare_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("compare", help="two models on one set: which to ship")
    parser.add_argument("a", type=Path, metavar="A.tflite", help="the model in use")
    parser.add_argument("b", type=Path, metavar="B.tflite", help="the one that may replace it")
    parser.add_argument("--coco", type=Path, metavar="FILE", help="the boxes, COCO instances, for detectors")
    parser.add_argument("--images", type=Path, metavar="DIR", help="the pictures of --coco")
    parser.add_argument("--folders", type=Path, metavar="DIR", help="a folder a class, for classifiers")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for compare.json and compare.html")
    parser.add_argument("--threads", type=int, choices=range(1, 65), default=1, metavar="N", help="(default 1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the draws (default 1)")
    parser.set_defaults(command=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    from training.compare.measure import Call, compare_classifiers, compare_detectors

    if arguments.seed < 0:
        raise UsageError(f"compare: --seed {arguments.seed} is negative")
    call = Call(arguments.a, arguments.b, arguments.out, arguments.threads, arguments.seed)
    boxes = (arguments.coco, arguments.images)
    if arguments.folders is not None and boxes == (None, None):
        result = compare_classifiers(call, arguments.folders)
    elif arguments.folders is None and None not in boxes:
        result = compare_detectors(call, *boxes)
    else:
        raise UsageError("compare: give --coco and --images for detectors, or --folders for classifiers")
    sys.stdout.write(_summary(result) + f"written: {arguments.out / 'compare.html'}\n")
    return 0


def _summary(result: Mapping[str, Any]) -> str:
    lines = []
    for side in ("a", "b"):
        row = result[side]
        figures = ", ".join(f"{name} {values[side]['value']:.4f}" for name, values in result["figures"].items())
        lines.append(f"{side}: {row['path']}: {figures}, {row['latency_ms']:.1f} ms, {row['model_bytes']} bytes")
    verdict = result["verdict"]
    lines.append(f"ship {verdict['ship']} ({result[verdict['ship']]['path']}): {verdict['reason']}")
    return "\n".join(lines) + "\n"
