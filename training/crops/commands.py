"""The command ``crops``. Holds no work of its own."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add_crops_command(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("crops", help="cut people out of recordings, to teach a classifier their clothes")
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP", help="recordings of your own cameras")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets a folder a clip")
    parser.add_argument("--model", default="general-416", metavar="MODEL", help="finds people (default general-416)")
    parser.add_argument("--every-s", type=float, default=2.0, metavar="S", help="a look so often (default 2)")
    parser.set_defaults(command=_crops)


def _crops(arguments: argparse.Namespace) -> int:
    from device.detect.catalogue import find_model
    from device.errors import UsageError
    from training.crops.people import cut_people

    if not 0.04 <= arguments.every_s <= 3600.0:
        raise UsageError(f"--every-s {arguments.every_s:g}: from 0.04 to 3600 s")
    model = find_model(arguments.model)
    for clip in arguments.clips:
        count = cut_people(model, clip, arguments.out, arguments.every_s)
        sys.stdout.write(f"{clip}: {count} people\n")
    sys.stdout.write(f"sort them into a folder a class beside {arguments.out}: staff, customer\n")
    return 0
