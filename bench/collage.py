"""Goods and bags of real pictures, put together into files: ``python -m bench.collage --data DIR``."""

import argparse
import contextlib
import tempfile
from pathlib import Path

from bench.collage_bags import bag_clips
from bench.collage_clip import Collage, i420
from bench.collage_goods import goods_clips
from bench.cutouts import HEIGHT, WIDTH
from bench.hands import HEAD, count, events_of, record, tell
from bench.truth_score import Tally
from device.app import build_detector


def play(clip: Collage) -> Tally:
    """Record one, replay it through the shipped detector, and count."""
    with contextlib.closing(build_detector(clip.config)) as detector, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        record(map(i420, clip.pictures()), path, width=WIDTH, height=HEIGHT, fps=clip.fps, crf=clip.crf)
        events = events_of(path, clip.fps, clip.config, detector, clip.name)
    return count(events, clip.expected, clip.kinds, clip.name)


def main() -> None:
    """Run all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the recordings and pictures")
    parser.add_argument("--seeds", type=int, default=2, help="of the packages on the shelf")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(HEAD)
    goods = (clip for seed in range(1, options.seeds + 1) for clip in goods_clips(options.data, seed))
    for clip in (*bag_clips(options.data), *goods):
        if options.only in clip.name:
            tell(clip.name, play(clip))


if __name__ == "__main__":
    main()
