"""Shopwarden's tracker beside its peers, on the same detections, as a table in ``docs/measured``."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from bench.clips import CLIPS, ROOT, clip
from bench.contenders import CONTENDERS, SHIPPED, Options
from bench.scenes import PLANS, Scene, simulated
from bench.score import Row, Score, score
from bench.track_cost import cost_lines, day_lines
from bench.track_report import Key, Result, commit, report
from bench.tuning import Named, Search

MODEL = ROOT / "models" / "general-416.tflite"
REPORT = ROOT / "docs" / "measured" / "track-table.md"
FULL, THIN = 25.0, (5.0, 2.5)
STARTS = 5
"""A clip of 3 s has 14 looks at 5 a second: which ones they are decides more than many a setting."""
AT_ONCE = len(CONTENDERS)


@dataclass(frozen=True, slots=True)
class Part:
    """Some scenes of one name: of a clip, or of a plan with some seeds for so long."""

    name: str
    seeds: tuple[int, ...] = ()
    seconds: float = 0.0

    def scenes(self, starts: int = 1) -> Iterator[Named]:
        """Each at all its rates; a thinned clip from so many first pictures, spread evenly over a gap between looks."""
        if not self.seeds:
            for rate in (FULL, *THIN):
                gap = round(FULL / rate)
                for first in range(0, gap, max(1, gap // starts)):
                    yield self.name, _rate_name(rate, FULL), clip(self.name, rate, MODEL, first)
            return
        plan = next(plan for plan in PLANS if plan.name == self.name)
        for seed in self.seeds:
            whole = simulated(replace(plan, seconds=self.seconds), seed)
            for rate in (whole.rate, *THIN):
                yield f"simulated {self.name}", _rate_name(rate, whole.rate), whole.thinned(rate)


TUNE = (Part("mast", (1,), 15.0), Part("square", (1,), 15.0))
TEST = tuple(Part(plan.name, (11, 12), 30.0) for plan in PLANS)


def _rate_name(rate: float, full: float) -> str:
    return f"all {full:g}/s" if rate == full else f"{rate:g}/s"


def _search(number: int, scenes: Sequence[Named]) -> dict[tuple[float, ...], list[Score]]:
    """In a process of its own, from which only values come back."""
    search = Search(CONTENDERS[number], scenes)
    search.best()
    return search.tried


def _tune(scenes: Sequence[Named]) -> list[Search]:
    """All contenders, each in a process."""
    with Pool(AT_ONCE) as pool:
        tried = pool.map(partial(_search, scenes=scenes), range(len(CONTENDERS)), chunksize=1)
    searches = [Search(contender, scenes, each) for contender, each in zip(CONTENDERS, tried, strict=True)]
    for search in searches:
        print(search.contender.name, search.best(), f"of {len(search.tried)}, at an end:", search.at_end(search.best()))
    return searches


def _measure(part: Part, chosen: dict[str, Options]) -> dict[Key, dict[str, Result]]:
    """Score and CPU ms a look, for each set of scenes and each contender, one after the other on each scene."""
    runs: dict[Key, dict[str, list[tuple[Scene, list[Row]]]]] = {}
    spent: dict[tuple[Key, str], float] = {}
    by_name = {contender.name: contender for contender in CONTENDERS}
    for name, rate, scene in part.scenes(STARTS):
        for who, options in chosen.items():
            rows, cpu_s = by_name[who.partition(" as ")[0]].run(scene, options)
            runs.setdefault((name, rate), {}).setdefault(who, []).append((scene, rows))
            spent[(name, rate), who] = spent.get(((name, rate), who), 0.0) + cpu_s
    return {
        key: {
            who: (score(pairs), 1000.0 * spent[key, who] / sum(len(scene.looks) for scene, _ in pairs))
            for who, pairs in table.items()
        }
        for key, table in runs.items()
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=REPORT)
    parser.add_argument("--simulated-only", action="store_true", help="without the clips; needs --out")
    arguments = parser.parse_args()
    missing = [name for name in CLIPS if not (Path(os.environ.get("SHOPWARDEN_DEV_DATA", "")) / name).is_dir()]
    if arguments.simulated_only and arguments.out.resolve() == REPORT:
        parser.error(f"{REPORT.name} is the page with the clips; name another file with --out")
    if missing and not arguments.simulated_only:
        sys.exit(
            f"bench.track_table: no clip {', '.join(missing)} under SHOPWARDEN_DEV_DATA"
            f" ({os.environ.get('SHOPWARDEN_DEV_DATA', 'not set')}); set it, or see --simulated-only"
        )
    return arguments


def main() -> None:
    """Tune, measure, write."""
    arguments, state = _arguments(), commit()
    clips = () if arguments.simulated_only else tuple(Part(name) for name in CLIPS)
    searches = _tune([named for part in (*clips, *TUNE) for named in part.scenes()])
    chosen = {search.contender.name: search.best() for search in searches}
    if chosen["Shopwarden"] != SHIPPED:
        chosen["Shopwarden as shipped"] = SHIPPED
    with Pool(AT_ONCE) as pool:
        parts = pool.map(partial(_measure, chosen=chosen), (*clips, *TEST), chunksize=1)
    results = {key: table for part in parts for key, table in part.items()}
    names = tuple(part.name for part in clips)
    text = report(state, searches, names, results, (list(cost_lines(chosen)), list(day_lines())))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
