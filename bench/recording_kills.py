"""A recorder killed at random moments, and what of its clip still plays: a section of ``docs/measured/recording.md``.

The writer takes ten pictures a second in real time, as a camera gives them; it is killed between two and six seconds
after the first. What is missing is counted from the last picture that had come.
"""

import argparse
import platform
import random
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.fault_table import commit, cpus, put_section
from bench.recording_cost import REPORT
from device.recorder.seekable import make_seekable
from tests.recorder.packets import FPS, played
from tests.recorder.test_killed import LAST_S, killed_after, readable

AT_ONCE = 4


def missing_s(folder: Path, seconds: float) -> tuple[float, float]:
    """What is missing of one clip, s: as it was left, and mended."""
    last = killed_after(folder, seconds)
    clip = folder / "evidence" / "1" / "clip.mp4"
    left = (last + 1 - len(readable(clip))) / FPS
    make_seekable(clip)
    return left, (last + 1 - len(played(clip))) / FPS


def main(arguments: list[str]) -> int:
    """Kill, print, and write the section where asked; 1 where a clip misses more than was promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--report", action="store_true", help=f"write the section into {REPORT}")
    asked = parser.parse_args(arguments)
    chance = random.Random(7)  # noqa: S311 - the same moments in every run
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        waits = [(Path(folder) / str(number), 2.0 + 4.0 * chance.random()) for number in range(asked.rounds)]
        found = list(pool.map(lambda it: missing_s(*it), waits))
    rows = [
        f"| {what} | {statistics.median(values):.1f} s | {max(values):.1f} s |"
        for what, values in zip(("as it was left", "mended"), zip(*found, strict=True), strict=True)
    ]
    machine = f"{platform.machine()}, {cpus()} shared cores, commit {commit()}"
    head = [
        f"`make recording-kills` on {machine}: {asked.rounds} SIGKILLs at random moments, {AT_ONCE} writers at a time.",
        "Every clip played.",
        "",
        "| missing at its end | median | most |",
        "|-|-|-|",
    ]
    text = "\n".join([*head, *rows]) + "\n"
    print(text)
    if asked.report:
        put_section(REPORT, "Killed", text)
    return int(max(max(pair) for pair in found) > LAST_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
