"""The page of the track table. Measures nothing."""

import platform
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import numpy as np

from bench.clips import ROOT
from bench.score import Score
from bench.tuning import Search

Key = tuple[str, str]
"""Name of a scene and rate of looks."""
Result = tuple[Score, float]
"""Score and CPU ms a look."""
_CODE = ("device/core", "device/detect", "bench", "models")
_TEXT = """\
All trackers get the same detections of people (general-416, or the simulator's). A row of a track counts
on pictures in which it was detected; truth and track meet at an IoU of .5. Shopwarden and SORT also give
the rows from before a track was believed, as replay writes them; norfair and ByteTrack do not hand those
out. Appearance and motion are what Shopwarden's pipeline gives its tracker; the others have no input for
them. CPU is the tracker's own; describing appearance has a row of its own below.
CPU beside scores is of five processes at once, which slow each other down; with ten people, and over the day,
one ran alone.

`shopwarden replay --every-frame --config docs/examples/track.toml` gives the rows "all 25/s" of the clips
to the third place with the settings that are shipped.

Tuning goes along a ladder of values for each setting, one step at a time from a usual start, as long as
the mean of MOTA and IDF1 grows, over the clips and 15 s of two simulated scenes of seed 1 (mast, square).
Simulated results are on other seeds (11, 12), 30 s each; the clips are both, for all alike. A thinned clip is
tuned on from its first picture, and scored from five first pictures, all runs together. Shopwarden's other
settings were set by hand on the clips and on simulated seeds 1 to 4. What was done against scenery and parts of
people was looked at on seeds 5 to 8 and 11 to 14 as well: of 5 to 8 MOTA, IDF1 and switches at all looks went from
.864, .902, 95 to .872, .908, 68. Belief in what is always beside somebody better gains .012, .010 and -.002 of MOTA
there on seeds 1 to 4, 5 to 8 and 11 to 14, and -.006 of it at 5/s on the last. A delay of 0 (norfair) and an overlap
of .02 (SORT) are the ends of what there is, not of the ladder alone.

The simulator's people are as unsure, unsteady and cluttered as this detector sees people 40 to 90 px tall:
the clips shrunk to that size give edges that are off by .04 to .05 heights (one standard deviation), half a
second box over .2 beside each person, .25 over .3 and .05 over .5, nearly all of them on a part of somebody.
Scenery (a cone, a sign) scores .3 to .5 all the time. \"Square\" has a group that stands, groups that cross
and stop, a lamp post, a tree and a bush. In \"signs\" everybody passes things that score .2 to .45 all the time, and
stops before and behind them. In \"doubtful\" four people stand from the first picture, are scored .5
on the mean, stir a little and are missed in a fifth of the looks."""


def commit() -> str:
    """The commit that is measured, marked where the tree differs from it."""
    head = _git("rev-parse", "--short", "HEAD")
    return head + (" with changes" if _git("status", "--porcelain", "--untracked-files=no", "--", *_CODE) else "")


def report(
    state: str,
    searches: Sequence[Search],
    clips: Sequence[str],
    results: dict[Key, dict[str, Result]],
    costs: tuple[list[str], list[str]],
) -> str:
    """The whole page."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("norfair", "supervision", "motmetrics", "numpy"))
    ten, day = costs
    parts = [
        "# Trackers side by side",
        "",
        "Made by `make track-table` (`python -m bench.track_table`), which writes this page anew.",
        f"Commit {state}; {platform.machine()}, Python {platform.python_version()}; {packages}.",
        *([] if clips else ["Without the clips: they were not there, and tuning had to do without them, too."]),
        "",
        _TEXT,
        "",
        *(_tuned(search) for search in searches),
        "",
        *_section("Means", _means(results)),
        *(_section("Left out", _left_out(searches, clips)) if clips else []),
        *_section("CPU with ten people", ten),
        *_section("A simulated day", day),
        *_section("Each scene", _lines(results)),
    ]
    return "\n".join(parts)


def _section(title: str, lines: Iterator[str] | list[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""]


def _tuned(search: Search) -> str:
    best = search.best()
    ends = search.at_end(best)
    where = f"; at an end of its ladder: {', '.join(ends)}" if ends else ""
    values = ", ".join(f"{key} {value:g}" for key, value in best.items())
    return f"- {search.contender.name}: {values} (of {len(search.tried)} tried{where})"


def _left_out(searches: Sequence[Search], clips: Sequence[str]) -> Iterator[str]:
    """Each clip with settings that were chosen without it."""
    yield "Each clip with the settings that were chosen without it; means over all, 5/s and 2.5/s."
    yield ""
    yield "| scene | tracker | settings | mean MOTA | mean IDF1 |"
    yield "|---|---|---|---|---|"
    for name in clips:
        for search in searches:
            options = search.best(without=name)
            mine = search.scores(options, name)
            values = ", ".join(f"{key} {value:g}" for key, value in options.items())
            yield (
                f"| {name} | {search.contender.name} | {values} | {np.mean([each.mota for each in mine]):.3f} "
                f"| {np.mean([each.idf1 for each in mine]):.3f} |"
            )


def _lines(results: dict[Key, dict[str, Result]]) -> Iterator[str]:
    yield "| scene | looks | tracker | MOTA | IDF1 | switches | false | missed | of | CPU ms a look |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for (name, rate), by_name in results.items():
        for who, (each, cpu_ms) in by_name.items():
            yield (
                f"| {name} | {rate} | {who} | {each.mota:.3f} | {each.idf1:.3f} | {each.switches} | {each.false} "
                f"| {each.missed} | {each.truth} | {cpu_ms:.2f} |"
            )


def _means(results: dict[Key, dict[str, Result]]) -> Iterator[str]:
    yield "| looks | tracker | mean MOTA | mean IDF1 | switches | CPU ms a look |"
    yield "|---|---|---|---|---|---|"
    for group, match in (("clips", "tud"), ("simulated", "simulated")):
        for rate in ("all", "5/s", "2.5/s"):
            keys = [key for key in results if key[0].startswith(match) and key[1].startswith(rate)]
            for who in results[keys[0]] if keys else ():
                mine = [results[key][who] for key in keys]
                yield (
                    f"| {group}, {rate} | {who} | {np.mean([each.mota for each, _ in mine]):.3f} "
                    f"| {np.mean([each.idf1 for each, _ in mine]):.3f} | {sum(each.switches for each, _ in mine)} "
                    f"| {np.mean([cpu_ms for _, cpu_ms in mine]):.2f} |"
                )


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
