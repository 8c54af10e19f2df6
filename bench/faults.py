"""Kills, stopped brokers, bad disks, stepped clocks, hanging sinks, and what the guard keeps: a page of figures.

Each batch is noted in a file as soon as it is done, so a long run that was interrupted goes on where it was.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.fault_kills import broker_stops, kills, service_kills
from bench.fault_table import commit, cpus
from bench.fault_watch import Result
from bench.fault_world import deaf_broker, disk_full, hung_sink, read_only, slow_disk, stepped_clock
from tests.house import ROOT

REPORT = ROOT / "docs" / "measured" / "faults.md"
NOTES = ROOT / ".cache" / "faults.jsonl"

Play = Callable[..., Result]
PARTS: dict[str, tuple[Play, str, str, dict[str, int], int, int]] = {
    "kills": (
        kills, "SIGKILL at every write point and at random moments", "nothing that was told is lost, `db check` is "
        "clean, finished clips play, those cut short up to their last 2 s, all of it reaches the broker in order",
        {"count": 32}, 1, 10,
    ),
    "service": (
        service_kills, "SIGKILL of `shopwarden run` at random moments", "the same", {"count": 4}, 1, 15,
    ),
    "broker": (
        broker_stops, "broker stopped, half SIGTERM, half SIGKILL", "each event arrives, first occurrences in order",
        {"count": 8}, 1, 25,
    ),
    "full": (disk_full, "disk full", "siren, and all is stored once there is room", {}, 1, 2),
    "read-only": (read_only, "every write refused", "siren, and all is stored afterwards", {}, 1, 2),
    "slow": (slow_disk, "each sync takes 2 s", "siren, and all is stored", {}, 1, 2),
    "clock": (stepped_clock, "wall time stepped by 5 h and -11 h", "siren, order, rising labels", {"count": 6}, 1, 2),
    "deaf": (deaf_broker, "broker accepts and never answers", "siren, and all waits on disk", {}, 1, 2),
    "hung": (hung_sink, "a sink hangs for ever", "siren, store and broker carry on", {}, 1, 2),
}  # fmt: skip
"""By name: how, what befalls, what is asked, its settings, batches of a short run and of a long one."""


def version() -> str:
    """Of the product: a result is good for as long as that is the same."""
    asked = ["git", "rev-parse", "--short", "HEAD:device"]
    return subprocess.run(asked, capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip() or "unknown"


def done_before(notes: Path) -> list[Result]:
    """What an earlier long run has noted of this version."""
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    return [it for it in map(json.loads, lines) if it["version"] == version()]


def play(part: str, seed: int) -> Result:
    """One batch, in a folder of its own."""
    how, _, _, settings, _, _ = PARTS[part]
    with tempfile.TemporaryDirectory(prefix=f"faults-{part}-") as folder:
        result = how(Path(folder), seed, **settings)
    print(part, seed, json.dumps({key: it for key, it in result.items() if key not in ("points", "met")}), flush=True)
    return {"part": part, "seed": seed, "version": version(), **result}


def _todo(options: argparse.Namespace, had: list[Result]) -> Iterator[tuple[str, int]]:
    jobs = []
    for part, (_, _, _, _, short, long) in PARTS.items():
        if options.only and part not in options.only.split(","):
            continue
        there = {it["seed"] for it in had if it["part"] == part}
        count = long if options.long else short
        jobs += [
            (seed / count / (2 if part == "kills" else 1), part, seed) for seed in range(count) if seed not in there
        ]
    # Side by side, so that whoever interrupts it has something of each.
    yield from ((part, seed) for _, part, seed in sorted(jobs))


def _row(part: str, results: list[Result]) -> str:
    def every(key: str) -> list[Any]:
        return [it[key] for it in results if key in it]

    seen = []
    if told := sum(every("told")):
        seen.append(f"{told:,} events told, {sum(every('whole'))} clips whole, {sum(every('cut'))} cut")
    if missing := every("missing_s"):
        seen.append(f"at most {max(missing):.1f} s missing at an end")
    if points := {it for found in every("points") for it in found}:
        met = {it for found in every("met") for it in found}
        places = len({it.rpartition(" (")[0] for it in points})
        seen.append(f"{sum(every('random'))} at random moments, the others at {places} of {len(met)} write points")
    if events := sum(every("events")):
        seen.append(f"{events:,} events, {sum(every('repeats')):,} came again")
    if sirens := sorted(it for found in every("siren_s") for it in found):
        seen.append(f"siren after {sirens[len(sirens) // 2] * 1e3:.0f} ms (median), {sirens[-1] * 1e3:.0f} ms (most)")
    if held := sum(every("held")):
        seen.append(f"{held} events waited")
    broken = sum(len(it) for it in every("broken"))
    seen.append("nothing broken" if not broken else f"**{broken} broken promises**")
    return f"| {PARTS[part][1]} | {sum(every('times'))} | {PARTS[part][2]} | {'; '.join(seen)} |"


def table(results: list[Result], *, long: bool) -> str:
    """The page."""
    machine = f"{platform.machine()}, {cpus()} shared cores, Python {platform.python_version()}, commit {commit()}"
    head = [
        "# Faults",
        "",
        f"`make {'faults-long' if long else 'faults'}` on {machine}.",
        "The parts that keep and tell (pins, store, outbox, recorder, chain) run as in the service, with 50 events a",
        "second, ten pictures a second and a clip each 6 s, against a real mosquitto that writes to disk each",
        "second; they die by SIGKILL before, in or after a call that writes, or when the clock says so. What lies on",
        "the disk is looked at in a copy, so that the next start finds it as it was. *Every write refused* and *each",
        "sync takes 2 s* stand in for a disk: the calls fail or wait; *disk full* is a real one. *Siren* is from the",
        "event to the (mock) pin, with other work beside it. What is missing of a clip is counted from its alarm on.",
        "",
        "| fault | times | asked | seen |",
        "|-|-|-|-|",
    ]
    parts = [part for part in PARTS if any(it["part"] == part for it in results)]
    return "\n".join([*head, *(_row(part, [it for it in results if it["part"] == part]) for part in parts)]) + "\n"


def main(arguments: list[str]) -> int:
    """Play, print, and write the page where asked; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--long", action="store_true", help="as often as was promised; goes on where it was")
    parser.add_argument("--only", help="names of parts, by comma")
    parser.add_argument("--at-once", type=int, default=1, help="batches side by side")
    parser.add_argument("--report", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args(arguments)
    results = done_before(NOTES) if options.long else []
    lock = threading.Lock()

    def batch(job: tuple[str, int]) -> None:
        result = play(*job)
        with lock:
            results.append(result)
            if options.long:
                NOTES.parent.mkdir(exist_ok=True)
                with NOTES.open("a", encoding="utf-8") as notes:
                    notes.write(json.dumps(result) + "\n")

    with ThreadPoolExecutor(options.at_once) as pool:
        list(pool.map(batch, list(_todo(options, results))))
    text = table(results, long=options.long)
    print(text)
    if options.report:
        REPORT.write_text(text, encoding="utf-8")
    broken = [f"{it['part']} {it['seed']}: {line}" for it in results for line in it["broken"]]
    print("\n".join(broken), file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
