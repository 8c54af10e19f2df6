"""False alarms in 72 simulated hours: ``python -m bench.truth_long``; goes on where it stopped."""

import argparse
import json
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from bench.truth import run
from bench.truth_scenes import Case
from bench.truth_score import DAY_S, Tally, match, poisson_bound, told
from bench.truth_walk import WALKED, has_stayed, walked
from device.capture.scene import Figure, Light, Scene
from device.capture.scene_goods import Act, Rack
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Shade, Thing
from device.config.cameras import CameraTable
from device.config.rules import rule_tables

Mood = Literal["busy", "quiet", "nasty"]
MOODS: Final[tuple[Mood, ...]] = ("busy", "quiet", "nasty")
CHUNK_S: Final = 600.0
FIRST: Final = 24
"""Those before it, and those from 1000 on, have been looked at while limits were tuned."""
FPS: Final = 4.0
VISITS: Final[dict[Mood, float]] = {"busy": 24.0, "quiet": 1.5, "nasty": 8.0}
"""Mean number of people who come in a chunk."""
RACK = Rack("rack", (0.55, 0.2, 0.95, 0.55), rows=2, columns=5)
CAMERA: Final[dict[str, Any]] = {
    "id": "truth",
    "source": "synthetic:",
    "shelves": [
        {
            "id": "rack",
            "polygon": [[0.55, 0.2], [0.95, 0.2], [0.95, 0.55], [0.55, 0.55]],
            "slots": {"rows": 2, "columns": 5},
        }
    ],
    "zones": [
        {"id": "floor", "polygon": [[0.05, 0.6], [0.95, 0.6], [0.95, 1.0], [0.05, 1.0]]},
        {"id": "till", "kind": "till", "polygon": [[0.16, 0.7], [0.34, 0.7], [0.34, 1.0], [0.16, 1.0]]},
    ],
    "lines": [{"id": "door", "kind": "exit", "start": [0.12, 0.5], "end": [0.12, 1.0]}],
    "rules": [
        *({"kind": kind, "shelf": "rack"} for kind in ("item_taken", "item_returned", "shelf_swept", "shelf_low")),
        {"kind": "unpaid_exit", "line": "door"},
        {"kind": "line_crossed", "line": "door"},
        *(
            {"kind": kind, "zone": "floor"}
            for kind in ("person_in_zone", "loitering", "crowding", "vehicle_in_zone", "object_left", "object_removed")
        ),
        {
            "kind": "after_hours",
            "zone": "floor",
            "hours": [{"days": ["mon", "tue"], "opens": "00:00", "closes": "23:59"}],
        },
    ],
}


WALKED_CAMERA: Final[dict[str, Any]] = {
    **CAMERA,
    "shelves": [],
    "rules": [rule for rule in CAMERA["rules"] if rule["kind"] in WALKED],
}
"""Zones and lines alone: what shelves and floors make dear is left out."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Ten minutes of one mood."""

    mood: Mood
    number: int


def chunks(hours: float, first: int = 0, moods: Sequence[Mood] = MOODS) -> list[Chunk]:
    """The moods by turns, so that whoever stops early has some of each; from a number on that nobody tuned on."""
    each = round(hours * 3600.0 / CHUNK_S / len(moods))
    return [Chunk(mood, number) for number in range(first, first + each) for mood in moods]


def scene_of(chunk: Chunk) -> Scene:
    """People who come, look, touch goods, meet and go; nothing is ever taken, left or removed."""
    rng = np.random.default_rng((chunk.number, MOODS.index(chunk.mood), 72))
    figures, acts = list[Figure](), list[Act]()
    for id_ in range(1, 1 + int(rng.poisson(VISITS[chunk.mood]))):
        t, y, height = (
            float(rng.uniform(2, CHUNK_S - 60)),
            float(rng.uniform(0.74, 0.98)),
            float(rng.uniform(0.42, 0.6)),
        )
        side, other = (-0.15, 1.15) if rng.uniform() < 0.7 else (1.15, -0.15)
        stop, stays = float(rng.uniform(0.25, 0.85)), float(rng.choice([0.0, 4.0, 12.0, 25.0, 45.0]))
        first, last = float(rng.uniform(5, 9)), float(rng.uniform(5, 9))
        path = [Waypoint(t, side, y), Waypoint(t + first, stop, y)]
        if stays:
            path.append(Waypoint(t + first + stays, stop + 0.005, y))
        path.append(Waypoint(t + first + stays + last, other if rng.uniform() < 0.6 else side, y))
        shirt, trousers, u, v = (int(it) for it in rng.integers((45, 35, 100, 100), (200, 110, 157, 157)))
        figures.append(Figure(id_, tuple(path), height, shirt, trousers, (u, v)))
        if stays >= 12.0 and stop > 0.4 and rng.uniform() < 0.6:
            reached = RACK.slot_box(slot := int(rng.integers(0, RACK.slots)))
            if abs((reached[0] + reached[2]) / 2 - stop) < 0.25:
                acts.append(Act(t + first + 4.0, "touch", "rack", slot, id_))
    scene = Scene(
        width_px=320,
        height_px=240,
        fps=FPS,
        duration_s=CHUNK_S,
        seed=chunk.number * 3 + MOODS.index(chunk.mood),
        noise=int(rng.integers(1, 5)),
        figures=tuple(figures),
        racks=(RACK,),
        acts=tuple(acts),
        lights=_lights(rng, chunk.mood),
        things=_cars(rng, chunk.mood),
    )
    if chunk.mood != "nasty":
        return scene
    shades = tuple(
        Shade(
            (Waypoint(t, float(rng.uniform(0, 1)), 0.5), Waypoint(t + 60.0, float(rng.uniform(0, 1)), 0.8)),
            (0.3, 0.4),
            float(rng.choice([0.65, 0.8, 1.3])),
        )
        for t in rng.uniform(0, CHUNK_S - 60.0, 4)
    )
    rain, shake = (int(rng.integers(20, 120)), 0) if chunk.number % 2 else (0, int(rng.integers(1, 4)))
    return replace(scene, shades=shades, rain=rain, shake_px=shake, noise=5, jpeg_q=8 if chunk.number % 4 == 0 else 0)


def _lights(rng: np.random.Generator, mood: Mood) -> tuple[Light, ...]:
    usual = float(rng.uniform(0.8, 1.1))
    slow = [Light(float(t), usual * float(rng.uniform(0.7, 1.1)), 60.0) for t in sorted(rng.uniform(30, 500, 3))]
    fast = sorted(rng.uniform(30, 560, 5)) if mood == "nasty" else []
    sudden = [Light(float(t), usual * float(rng.uniform(0.5, 1.1)), float(rng.choice([0.0, 0.5, 3.0]))) for t in fast]
    return (Light(0.0, usual), *slow, *sudden)


def _cars(rng: np.random.Generator, mood: Mood) -> tuple[Thing, ...]:
    if mood == "quiet" or rng.uniform() < 0.5:
        return ()
    t = float(rng.uniform(20, CHUNK_S - 40))
    return (Thing(900, (Waypoint(t, 1.3, 0.72), Waypoint(t + 9.0, -0.3, 0.72)), (0.3, 0.16), "car", 150),)


def play(chunk: Chunk, *, drawn: dict[str, Any] = CAMERA) -> dict[str, Any]:
    """Run a chunk; false alarms by kind, and what was missed."""
    scene, camera = scene_of(chunk), CameraTable.model_validate(drawn)
    case = Case(f"{chunk.mood}-{chunk.number}", chunk.number, scene, camera, walked(scene, camera), (), _MONDAY)
    began = time.process_time()
    events, _ = run(case, timed=False)
    wrong, missed, faults, late = dict[str, int](), dict[str, int](), list[str](), 0
    for kind in sorted({table.kind for table in rule_tables(camera)}):
        tally = Tally()
        left = match(told(events, kind), [it for it in case.expected if it.kind == kind], tally, case.name)
        true = sum(has_stayed(event, scene, camera) for event in left) if kind == "loitering" else 0
        wrong[kind], missed[kind], late = tally.wrong - true, tally.missed, late + true
        faults += [f"{kind}: {fault}" for fault in tally.faults]
    return {
        "mood": chunk.mood,
        "number": chunk.number,
        "wrong": wrong,
        "missed": missed,
        "late": late,
        "faults": faults,
        "cpu_s": round(time.process_time() - began, 1),
    }


_MONDAY: Final = 1795392000.0
"""A Monday, 00:00 UTC: the shop is open on that day."""


def table(rows: list[dict[str, Any]]) -> str:
    """False alarms a camera-day by rule and mood, with the 95 % bound over all."""
    hours = {mood: CHUNK_S / 3600.0 * sum(row["mood"] == mood for row in rows) for mood in MOODS}
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MOODS, 0))
    for row in rows:
        for kind, count in row["wrong"].items():
            counts[kind][row["mood"]] += count
    days = sum(hours.values()) * 3600.0 / DAY_S
    lines = [
        "| rule | " + " | ".join(f"{mood}, {hours[mood]:.1f} h" for mood in MOODS) + " | a camera-day (95 % bound) |",
        "|-|-|-|-|-|",
    ]
    counts["all"] = {mood: sum(count[mood] for count in counts.values()) for mood in MOODS}
    for kind, count in counts.items():
        total = sum(count.values())
        false = f"{total / days:.2f} ({poisson_bound(total) / days:.2f})"
        lines.append(f"| `{kind}` | " + " | ".join(str(count[mood]) for mood in MOODS) + f" | {false} |")
    missed = defaultdict[str, int](int)
    for row in rows:
        for kind, count in row["missed"].items():
            missed[kind] += count
    lines += [
        "",
        "Missed: " + (", ".join(f"`{kind}` {n}" for kind, n in sorted(missed.items()) if n) or "nothing") + ".",
    ]
    late = sum(row.get("late", 0) for row in rows)
    lines.append(f"`loitering` that was told late, or again, of somebody who had stayed so long: {late}.")
    return "\n".join(lines)


def main() -> None:
    """Run what is not in the file yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=72.0)
    parser.add_argument("--first", type=int, default=FIRST, help="number of the first ten minutes")
    parser.add_argument("--moods", nargs="+", choices=MOODS, default=MOODS)
    parser.add_argument("--walked", action="store_true", help="zones and lines alone: half the time")
    parser.add_argument("--out", type=Path, default=Path("out/truth-long.jsonl"))
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = options.out.read_text(encoding="utf-8").splitlines() if options.out.exists() else []
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    done = {(row["mood"], row["number"]) for row in rows}
    left = [
        chunk for chunk in chunks(options.hours, options.first, options.moods) if (chunk.mood, chunk.number) not in done
    ]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for row in pool.imap(partial(play, drawn=WALKED_CAMERA if options.walked else CAMERA), left):
            rows.append(row)
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    print(table(rows))
    for row in rows:
        print("".join(f"{fault}\n" for fault in row["faults"]), end="")


if __name__ == "__main__":
    main()
