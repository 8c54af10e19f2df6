"""Kills, stopped brokers, bad disks, stepped clocks, hanging sinks, and what the guard keeps: a page of figures.

Each batch is noted in a file as soon as it is done, so a long run that was interrupted goes on where it was.
"""

import argparse
import contextlib
import json
import platform
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.fault_table import commit, cpus
from bench.fault_watch import (
    LAST_S,
    Broker,
    Clips,
    Said,
    Watched,
    Witness,
    configuration,
    faults_of,
    readable,
    rows,
)  # fmt: skip
from device.clock import SystemClock
from tests.device.daemon import Daemon
from tests.device.drawn import write_scene
from tests.house import ROOT

REPORT = ROOT / "docs" / "measured" / "faults.md"
NOTES = ROOT / ".cache" / "faults.jsonl"
SIREN_S = 1.0
"""A siren that takes longer has waited for something."""
Result = dict[str, Any]


def kills(folder: Path, seed: int, *, count: int = 12) -> Result:  # noqa: PLR0915 - one story
    """The store, the outbox, the recorder and the chain killed under load, again and again in one state directory."""
    chance = random.Random(seed)  # noqa: S311 - the same moments in every run
    broker = Broker(folder / "broker")
    witness = Witness(broker.port)
    config, state = configuration(folder, broker.port), folder / "state"
    clips, told, broken = Clips(), dict[str, int](), list[str]()
    met: dict[str, int] = {}
    by_point = set[str]()
    random_kills, turn = 0, seed * count
    try:
        for number in range(count):
            kill = None
            if number > 1 and number % 4:
                kill = _point(met, turn, chance)
                turn += 1
            with Watched(config, rate=50, alarms=True, kill=kill) as rig:
                if kill is None and number == 1:
                    # What there is to be killed at: a start that mends, and a clip from begin to end.
                    rig.dies(6.0)
                    met = rig.ask("points")["points"]
                elif kill is None:
                    rig.dies(chance.uniform(0.1, 6.0))
                if kill is not None and rig.dies(12.0):
                    by_point.add(f"{kill['point']} ({kill['when']})")
                else:
                    random_kills += 1
                rig.kill()
                told |= rig.said.told
                broken += faults_of(state, told, folder / "copy")
                clips.look(state, rig.said)
        with Watched(config, rate=10) as rig:
            rig.dies(1.0)
            rig.ask("drain", s=30.0, broker=True)
            status = rig.end()
            told |= rig.said.told
        broken += [] if status == 0 else [f"it left with {status}"]
        broken += faults_of(state, told, folder / "copy") + _db_check(config)
        clips.look(state, Said())
        broken += [f"{path}: is still unfinished" for path in state.glob("*/*/*.begun")]
        lost = witness.missing(set(told))
        broken += [f"event {told[name]} never reached the broker" for name in sorted(lost)]
        broken += [] if witness.in_order() else ["events reached the broker out of order"]
    finally:
        witness.close()
        broker.stop()
    return {
        "times": count, "random": random_kills, "points": sorted(by_point), "met": sorted(met), "told": len(told),
        "whole": clips.whole, "cut": clips.cut, "missing_s": clips.missing_s, "broken": broken + clips.broken,
    }  # fmt: skip


def _point(met: dict[str, int], turn: int, chance: random.Random) -> dict[str, Any] | None:
    """Where to die: each point in turn, at one of its first visits."""
    names = sorted(met)
    if not names:
        return None
    name = names[turn % len(names)]
    ways = ("before",) if name.split()[0] not in _CALLS else ("before", "after")
    when = chance.choice((*ways, "half") if name.startswith("write ") else ways)
    return {"point": name, "nth": chance.randint(1, max(1, min(met[name], 40))), "when": when}


_CALLS = ("fsync", "fdatasync", "replace", "unlink", "mkdir", "truncate", "ftruncate", "write", "open")


def _db_check(config: Path) -> list[str]:
    command = [sys.executable, "-m", "device", "db", "check", "--files", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return [] if done.returncode == 0 else [f"db check: {done.stdout} {done.stderr}"]


def service_kills(folder: Path, seed: int, *, count: int = 4) -> Result:
    """``shopwarden run`` with a drawn camera and the shipped detector, killed at random moments."""
    chance, clock = random.Random(seed), SystemClock()  # noqa: S311 - the same moments in every run
    broker = Broker(folder / "broker")
    witness = Witness(broker.port)
    config, state = configuration(folder, broker.port, source=write_scene(folder)), folder / "state"
    broken, whole, cut, known = list[str](), 0, 0, set[Path]()
    try:
        for _ in range(count):
            with Daemon(config, watchdog_s=60.0) as daemon:
                daemon.ready()
                threading.Event().wait(chance.uniform(0.2, 6.0))
                daemon.send(signal.SIGKILL)
                daemon.process.wait()
                t = clock.monotonic()
            threading.Event().wait(0.3)
            told = {name: seq for seq, name in list(witness.heard)}
            broken += faults_of(state, told, folder / "copy")
            begun = _alarms(folder / "copy")
            for path in state.glob("evidence/*/clip*.mp4"):
                pictures, fault = readable(path)
                if path.with_name(path.name + ".begun").exists():
                    cut += 1
                    if not pictures and t - begun.get(path.parent.name, t) > LAST_S:
                        broken.append(f"{path.parent.name}: was cut short and does not play")
                elif path not in known:
                    known.add(path)
                    whole += 1
                    broken += [f"{path.parent.name}: is finished and does not play: {fault}"] if fault else []
        with Daemon(config, watchdog_s=60.0) as daemon:
            daemon.ready()
            daemon.until(lambda: not [*state.glob("*/*/*.begun")], "mended clips")
            broken += [] if daemon.end() == 0 else ["it did not end in peace"]
        kept = rows(state)
        lost = witness.missing(set(kept), 10.0)
        # What was told while it ended may wait for the next start.
        waiting = _waiting(state)
        broken += [f"event {kept[name]} never reached the broker" for name in lost if kept[name] not in waiting]
        broken += [] if witness.in_order() else ["events reached the broker out of order"]
        broken += _db_check(config)
    finally:
        witness.close()
        broker.stop()
    return {"times": count, "told": len(kept), "whole": whole, "cut": cut, "broken": broken}


def _query(state: Path, query: str) -> list[Any]:
    import sqlite3  # noqa: PLC0415 - here alone

    with contextlib.closing(sqlite3.connect(state / "shopwarden.db")) as db:
        return db.execute(query).fetchall()


def _waiting(state: Path) -> set[int]:
    return {row[0] for row in _query(state, "select seq from outbox")}


def _alarms(state: Path) -> dict[str, float]:
    found = _query(state, "select event_id, t_emitted_s from event where priority = 'alarm' order by seq desc")
    return dict(found)


def broker_stops(folder: Path, seed: int, *, count: int = 8, per_stop: int = 50) -> Result:
    """The broker stopped under events, half of the times by SIGTERM, half by SIGKILL."""
    chance, poll = random.Random(seed), threading.Event()  # noqa: S311 - the same moments in every run
    broker = Broker(folder / "broker")
    witness = Witness(broker.port)
    # The broker has on disk who listens before it is killed for the first time.
    poll.wait(1.5)
    broken = list[str]()
    try:
        with Watched(configuration(folder, broker.port), rate=25, count=count * per_stop) as rig:
            for number in range(count):
                poll.wait(chance.uniform(0.3, 2.0))
                broker.stop((signal.SIGTERM, signal.SIGKILL)[number % 2])
                poll.wait(chance.uniform(0.0, 1.0))
                broker.start()
            while len(rig.said.emitted) < count * per_stop and rig.process.poll() is None:
                poll.wait(0.1)
            rig.ask("drain", s=60.0, broker=True)
            lost = witness.missing(set(rig.said.emitted))
            broken += [f"{name} never arrived" for name in sorted(lost)]
            broken += [] if witness.in_order() else ["first occurrences are out of order"]
            broken += [] if rig.end() == 0 else ["the rig failed"]
            emitted = len(rig.said.emitted)
    finally:
        witness.close()
        broker.stop()
    return {"times": count, "events": emitted, "repeats": witness.repeats(), "broken": broken}


def _sirens(rig: Watched, count: int) -> tuple[list[float], list[str]]:
    """How long the siren took each time, s."""
    took = [rig.ask("alarm")["on_s"] for _ in range(count)]
    bad = [f"the siren took {it} s" for it in took if it is None or it > SIREN_S]
    return [it for it in took if it is not None], bad


def _settled(rig: Watched, state: Path, folder: Path, *, broker: bool = False) -> list[str]:
    """Everything that was handed on is on disk once the fault is over."""
    rig.ask("drain", s=60.0, broker=broker)
    status = rig.end()
    lost = set(rig.said.emitted) - set(rig.said.told)
    broken = [f"{len(lost)} events were never stored"] if lost else []
    broken += [] if status == 0 else [f"the rig left with {status}"]
    return broken + faults_of(state, rig.said.told, folder / "copy")


def disk_full(folder: Path, seed: int, *, count: int = 5) -> Result:  # noqa: ARG001 - nothing is left to chance
    """A disk of 160 MiB filled up: first to below the floor, where recording gives way, then to the last byte."""
    state, filler = folder / "state", folder / "state" / "filler"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(state)], check=True)
    try:
        with Watched(configuration(folder, None), film=True) as rig:
            took, broken = _sirens(rig, 1)
            _fill(filler, leave=16 << 20)
            more, bad = _sirens(rig, count)
            rig.ask("drain", s=10.0)
            if len(rig.said.told) != len(rig.said.emitted):
                broken.append("an alarm was not stored though there was room for it")
            _fill(filler, leave=0)
            last, worse = _sirens(rig, count)
            rig.ask("events", n=50)
            held = len(rig.said.emitted) - len(rig.said.told)
            filler.unlink()
            broken += bad + worse + _settled(rig, state, folder)
    finally:
        subprocess.run(["umount", str(state)], check=True)
    broken += [] if held else ["the disk was never full"]
    return {"times": 2 * count, "siren_s": took + more + last, "held": held, "broken": broken}


def _fill(path: Path, *, leave: int) -> None:
    """Take the room of a disk but for so much."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            free = _free(path)
            if leave and free <= leave:
                return
            file.write(bytes(min(1 << 20, free - leave) or 4096))


def _free(path: Path) -> int:
    import shutil  # noqa: PLC0415 - here alone

    return shutil.disk_usage(path.parent).free


def read_only(folder: Path, seed: int, *, count: int = 5) -> Result:  # noqa: ARG001 - as above
    """Every write refused with EROFS, as by a card that has failed; then it works again."""
    with Watched(configuration(folder, None), film=True) as rig:
        rig.ask("read-only", on=True)
        took, broken = _sirens(rig, count)
        rig.ask("events", n=50)
        held = len(rig.said.emitted) - len(rig.said.told)
        rig.ask("read-only", on=False)
        broken += _settled(rig, folder / "state", folder)
    broken += [] if held else ["nothing was refused"]
    return {"times": count, "siren_s": took, "held": held, "broken": broken}


def slow_disk(folder: Path, seed: int, *, count: int = 5) -> Result:  # noqa: ARG001 - as above
    """Each sync and each commit takes 2 s."""
    with Watched(configuration(folder, None), film=True) as rig:
        rig.ask("slow", s=2.0)
        took, broken = _sirens(rig, count)
        rig.ask("slow", s=0.0)
        broken += _settled(rig, folder / "state", folder)
    return {"times": count, "siren_s": took, "broken": broken}


def stepped_clock(folder: Path, seed: int, *, count: int = 5) -> Result:  # noqa: ARG001 - as above
    """Wall time stepped by hours, forwards and back."""
    broker = Broker(folder / "broker")
    witness = Witness(broker.port)
    took, broken = list[float](), list[str]()
    try:
        with Watched(configuration(folder, broker.port), film=True) as rig:
            for number in range(count):
                rig.ask("wall", by=3600.0 * (5, -11)[number % 2])
                one, bad = _sirens(rig, 1)
                took, broken = took + one, broken + bad
            lost = witness.missing(set(rig.said.emitted))
            broken += [f"{name} never arrived" for name in lost] if lost else []
            broken += [] if witness.in_order() else ["events are out of order"]
            broken += _settled(rig, folder / "state", folder, broker=True)
    finally:
        witness.close()
        broker.stop()
    times = [row[0] for row in _query(folder / "state", "select time from event order by seq")]
    broken += [] if times == sorted(times) else ["a label of time lies before that of the event before"]
    return {"times": count, "siren_s": took, "broken": broken}


def deaf_broker(folder: Path, seed: int, *, count: int = 5) -> Result:  # noqa: ARG001 - as above
    """A broker that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.listen(16)
        with Watched(configuration(folder, deaf.getsockname()[1]), film=True) as rig:
            took, broken = _sirens(rig, count)
            rig.ask("events", n=50)
            broken += _settled(rig, folder / "state", folder)
    broken += [] if len(_waiting(folder / "state")) == len(rig.said.emitted) else ["not everything waits in the outbox"]
    return {"times": count, "siren_s": took, "held": len(rig.said.emitted), "broken": broken}


def hung_sink(folder: Path, seed: int, *, count: int = 5) -> Result:  # noqa: ARG001 - as above
    """Somebody who is told hangs for ever; more events come than its queue has room for."""
    broker = Broker(folder / "broker")
    witness = Witness(broker.port)
    try:
        with Watched(configuration(folder, broker.port), hang=True, film=True) as rig:
            took, broken = _sirens(rig, count)
            rig.ask("events", n=400)
            lost = witness.missing(set(rig.said.emitted))
            broken += [f"{len(lost)} events never reached the broker"] if lost else []
            broken += _settled(rig, folder / "state", folder, broker=True)
    finally:
        witness.close()
        broker.stop()
    return {"times": count, "siren_s": took, "broken": broken}


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
