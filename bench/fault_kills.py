"""Kills and stopped brokers: what the guard keeps of what it has told. Prints nothing."""

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from bench.fault_watch import (
    LAST_S,
    Broker,
    Clips,
    Result,
    Said,
    Watched,
    Witness,
    configuration,
    faults_of,
    query,
    readable,
    rows,
    waiting,
)  # fmt: skip
from device.clock import SystemClock
from tests.device.daemon import Daemon
from tests.device.drawn import write_scene
from tests.house import ROOT


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
        left = waiting(state)
        broken += [f"event {kept[name]} never reached the broker" for name in lost if kept[name] not in left]
        broken += [] if witness.in_order() else ["events reached the broker out of order"]
        broken += _db_check(config)
    finally:
        witness.close()
        broker.stop()
    return {"times": count, "told": len(kept), "whole": whole, "cut": cut, "broken": broken}


def _alarms(state: Path) -> dict[str, float]:
    found = query(state, "select event_id, t_emitted_s from event where priority = 'alarm' order by seq desc")
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
