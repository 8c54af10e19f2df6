"""Bad disks, stepped clocks, a deaf broker, a hanging sink: whether the siren sounds all the same. Prints nothing."""

import contextlib
import shutil
import socket
import subprocess
from pathlib import Path

from bench.fault_watch import Broker, Result, Watched, Witness, configuration, faults_of, query, waiting

SIREN_S = 1.0
"""A siren that takes longer has waited for something."""


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
    times = [row[0] for row in query(folder / "state", "select time from event order by seq")]
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
    broken += [] if len(waiting(folder / "state")) == len(rig.said.emitted) else ["not everything waits in the outbox"]
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
