"""A virtual machine whose power is cut while it records and sends: a section of ``docs/measured/field.md``.

Each round boots from the disk that the last cut left, has the guest look at it, lets it guard until a random moment,
and kills the emulator. What the disk keeps of what was not flushed is drawn by lot (``bench.power_log``). The broker
runs here, so that what was told is known outside. Called again, it goes on where it was interrupted, with the program
as it was when the first round began.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tarfile
import threading
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bench.fault_table import commit, put_section
from bench.fault_watch import LAST_S, Broker, Witness
from bench.power_log import Cut, Fate, cut
from device.clock import SystemClock
from tests.house import ROOT

REPORT: Final = ROOT / "docs" / "measured" / "field.md"
FATES: Final[tuple[Fate, ...]] = ("some", "none", "some", "all")
AWAY_EVERY: Final = 5
"""In each fifth round the broker is away: what is told waits on the disk, over the cut."""
BOOT_S, EVENT_S, DRAIN_S, LONGEST_S = 900.0, 180.0, 240.0, 40.0
PRE_ROLL_S, FPS = 2.0, 2.0
LOG_BYTES: Final = 8 << 30
IN_GUEST: Final = ("device", "tests/vm", "tests/__init__.py", "models/general-256")
"""What of the project the guest gets: its files begin so."""


@dataclass(slots=True)
class Round:
    """One boot, and the cut that ended it."""

    number: int
    commit: str
    found: dict[str, Any]
    """What the guest saw before its guard started."""
    journal: tuple[int, int]
    """Errors of the file system that the kernel saw, and whether it had to recover."""
    ready_s: float
    """From power to a guarding guard."""
    away: bool
    told: dict[str, int] = field(default_factory=dict)
    """Events whose row was committed, as the guest said: number by id."""
    heard: list[tuple[int, str]] = field(default_factory=list)
    """Events that reached the broker."""
    seen_at: dict[str, int] = field(default_factory=dict)
    """The last picture that had come when an event was told, by its id."""
    last_seen: int = -1
    """The last picture that had come when the power went."""
    fate: Fate = "all"
    left: dict[str, int] = field(default_factory=dict)


class Guest:
    """One boot of the machine, on a thin layer over the disk, every write of it in a log."""

    def __init__(self, image: Path, work: Path, port: int) -> None:
        """Switch on."""
        self.told: dict[str, int] = {}
        self.found: dict[str, Any] | None = None
        self.journal = (0, 0)
        self.ready_at: float | None = None
        self.seen_at: dict[str, int] = {}
        self.last_seen = -1
        self._said, self._log, self._clock = work / "said", work / "log", SystemClock()
        self._read, self._poll = 0, threading.Event()
        live = work / "live.qcow2"
        for path in (live, self._log, self._said):
            path.unlink(missing_ok=True)
        make = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(work / "disk.img"), "-F", "raw", str(live)]
        subprocess.run(make, check=True)
        for path, size in ((self._log, LOG_BYTES), (self._said, 0)):
            with path.open("wb") as file:
                file.truncate(size)
        self.began = self._clock.monotonic()
        self._process = subprocess.Popen(self._command(image, work, port), stdin=subprocess.DEVNULL)

    @staticmethod
    def _command(image: Path, work: Path, port: int) -> list[str]:
        disk = (
            f"driver=blklogwrites,node-name=disk,log.driver=file,log.filename={work}/log,"
            f"file.driver=qcow2,file.file.driver=file,file.file.filename={work}/live.qcow2"
        )
        # The host knows the command by a file in the project's archive, which the machine's first process runs.
        (work / "vm-command").write_text(f"exec sh tests/vm/power_guest.sh {port}\n", encoding="ascii")
        shutil.copy(work / "program.tar", work / "project.tar")
        with tarfile.open(work / "project.tar", "a") as archive:
            archive.add(work / "vm-command", "vm-command")
        return [
            *("qemu-system-x86_64", "-accel", "tcg", "-smp", "1", "-cpu", "max", "-m", "1024", "-display", "none"),
            *("-monitor", "none", "-no-reboot", "-kernel", f"{image}/vmlinuz", "-initrd", f"{image}/initrd.img"),
            # On a busy host the kernel would take the emulated timer for broken.
            *("-append", "root=/dev/vda rw init=/sbin/shopwarden-vm console=ttyS0 panic=-1 no_timer_check"),
            *("-blockdev", disk),
            # All that is written is in the log: nothing is discarded or zeroed by other ways.
            *("-device", "virtio-blk-pci,drive=disk,write-cache=on,discard=off,write-zeroes=off"),
            *("-drive", f"file={work}/project.tar,if=virtio,format=raw,readonly=on"),
            *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"),
            *("-serial", f"file:{work}/console.log", "-serial", f"file:{work}/said"),
        ]

    def read(self) -> None:
        """Take in what it has said since."""
        with self._said.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        data = data[: data.rfind(b"\n") + 1]
        self._read += len(data)
        for line in data.decode(errors="replace").splitlines():
            word, _, rest = line.partition(" ")
            match word:
                case "disk":
                    errors, recovered = rest.split()
                    self.journal = (int(errors), int(recovered))
                case "found":
                    self.found = json.loads(rest)
                case "ready":
                    self.ready_at = self._clock.monotonic()
                case "seen":
                    self.last_seen = int(rest)
                case "told":
                    seq, _, name = rest.partition(" ")
                    self.told[name] = int(seq)
                    self.seen_at[name] = self.last_seen

    def until(self, what: str, seconds: float) -> None:
        """Wait until it has said that it is ``ready``, or has ``told`` an event.

        Raises:
            SystemExit: it died, or did not in time.
        """
        end = self._clock.monotonic() + seconds
        while not (self.ready_at is not None if what == "ready" else self.told):
            if self._process.poll() is not None or self._clock.monotonic() > end:
                self.cut()
                raise SystemExit(f"not {what}; it said:\n{self._said.read_text(errors='replace')[-3000:]}")
            self._poll.wait(0.1)
            self.read()

    def wait_for_a_write(self, seconds: float) -> None:
        """Wait until something is on its way to the disk, or for so long: a quiet disk has nothing to lose."""
        end, before = self._clock.monotonic() + seconds, self._log.stat().st_mtime_ns
        while self._log.stat().st_mtime_ns == before and self._clock.monotonic() < end:
            pass

    def cut(self) -> None:
        """Pull the plug."""
        self._process.kill()
        self._process.wait()
        self.read()


def main(arguments: list[str]) -> int:
    """Go on until there are so many rounds; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", type=Path, default=Path(".cache/vm"), help="made by tests/vm/build_image.sh")
    parser.add_argument("--work", type=Path, default=Path(".cache/powercut"))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--report", action="store_true", help=f"write the section into {REPORT.name}")
    asked = parser.parse_args(arguments)
    # qemu takes the place of a backing file as seen from the file on it.
    asked.image, asked.work = asked.image.resolve(), asked.work.resolve()
    rounds = begin(asked.image, asked.work)
    broker = Broker(asked.work / "broker")
    witness = Witness(broker.port)
    try:
        while len(rounds) < asked.rounds:
            one = play(len(rounds), asked, broker, witness)
            # Should this be interrupted from here on, the round is brought to its end at the next call.
            (asked.work / "pending").write_text(json.dumps(asdict(one)), encoding="utf-8")
            rounds.append(settle(asked.work, one))
            broken = faults(rounds)
            print(f"round {one.number}: ready after {one.ready_s:.0f} s, {len(one.told)} told,", one.left, broken[-3:])
        last = end(asked, broker, witness, rounds)
    finally:
        witness.close()
        broker.stop()
    text = section(rounds, last)
    print(text)
    if asked.report:
        put_section(REPORT, "A power cut", text)
    return int(bool(faults([*rounds, last])))


def begin(image: Path, work: Path) -> list[Round]:
    """The rounds so far; where there are none, a disk and a program to begin with."""
    work.mkdir(parents=True, exist_ok=True)
    known, pending = work / "rounds.jsonl", work / "pending"
    lines = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
    rounds = [read(line) for line in lines]
    if pending.exists():
        one = read(pending.read_text(encoding="utf-8"))
        if one.number == len(rounds):
            rounds.append(settle(work, one))
        pending.unlink(missing_ok=True)
    if rounds:
        return rounds
    subprocess.run(["cp", "--sparse=always", str(image / "disk.img"), str(work / "disk.img")], check=True)
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    with tarfile.open(work / "program.tar", "w") as archive:
        for name in listed.splitlines():
            if name.startswith(IN_GUEST):
                archive.add(ROOT / name, name)
    (work / "commit").write_text(commit(), encoding="ascii")
    return []


def read(line: str) -> Round:
    """A round as it was written down."""
    it = Round(**json.loads(line))
    it.heard, it.journal = [(seq, name) for seq, name in it.heard], (it.journal[0], it.journal[1])
    return it


def settle(work: Path, one: Round) -> Round:
    """The disk as the cut leaves it, and the round written down."""
    chance = random.Random(-1 - one.number)  # noqa: S311 - the same lots in every run
    one.left = asdict(cut(work / "disk.img", work / "log", one.fate, chance))
    with (work / "rounds.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(one)) + "\n")
    (work / "pending").unlink()
    (work / "log").unlink()
    return one


def play(number: int, asked: argparse.Namespace, broker: Broker, witness: Witness) -> Round:
    """One round."""
    chance, poll = random.Random(number), threading.Event()  # noqa: S311 - the same moments in every run
    away = number % AWAY_EVERY == AWAY_EVERY - 1
    if away:
        broker.stop()
    heard_before = len(witness.heard)
    guest = Guest(asked.image, asked.work, broker.port)
    try:
        guest.until("ready", BOOT_S)
        guest.until("told", EVENT_S)
        poll.wait(chance.uniform(0.0, LONGEST_S))
        if number % 4:
            guest.wait_for_a_write(10.0)
    finally:
        guest.cut()
    # What lies in the broker's socket was sent before the cut.
    poll.wait(1.0)
    if away:
        broker.start()
    one = round_of(number, asked.work, guest, list(witness.heard)[heard_before:])
    one.away, one.fate = away, FATES[number % len(FATES)]
    one.seen_at, one.last_seen = guest.seen_at, guest.last_seen
    return one


def round_of(number: int, work: Path, guest: Guest, heard: list[tuple[int, str]]) -> Round:
    """What one boot has shown, and what reached the broker in it."""
    return Round(
        number=number,
        commit=(work / "commit").read_text(encoding="ascii"),
        found=guest.found or {},
        journal=guest.journal,
        ready_s=(guest.ready_at or 0.0) - guest.began,
        away=False,
        told=guest.told,
        heard=heard,
    )


def end(asked: argparse.Namespace, broker: Broker, witness: Witness, rounds: list[Round]) -> Round:
    """The boot after the last cut: what it finds, and that all that waited goes out."""
    known = {name for it in rounds for _, name in it.heard}
    heard_before = len(witness.heard)
    guest = Guest(asked.image, asked.work, broker.port)
    try:
        guest.until("ready", BOOT_S)
        rows = set((guest.found or {}).get("rows", {}))
        witness.missing(rows - known, DRAIN_S)
    finally:
        guest.cut()
    last = round_of(len(rounds), asked.work, guest, list(witness.heard)[heard_before:])
    last.left = asdict(Cut(0, 0, 0, 0))
    return last


def faults(rounds: list[Round]) -> list[str]:
    """Promises that were broken."""
    broken: list[str] = []
    known: dict[str, int] = {}
    for before, now in pairwise(rounds):
        known |= before.told | {name: seq for seq, name in before.heard}
        rows, who = now.found.get("rows", {}), f"after cut {before.number}"
        lost = [f"{who}: event {seq} ({name}) is lost" for name, seq in known.items() if rows.get(name) != seq]
        broken += lost
        if now.found.get("check") != 0:
            broken.append(f"{who}: db check: {now.found.get('said')}")
        if now.journal[0]:
            broken.append(f"{who}: the file system has errors")
        for name, clip in now.found.get("clips", {}).items():
            if not clip["cut"] and (clip["fault"] or not clip["pictures"]):
                broken.append(f"{who}: {name} is finished and does not play: {clip['fault']}")
        broken += [f"{who}: {name} misses {short:.1f} s" for name, short in missing(before, now) if short > LAST_S]
    for one in rounds:
        seqs = [seq for seq, _ in first_of(one.heard)]
        broken += [] if seqs == sorted(seqs) else [f"round {one.number}: events out of order"]
    return broken


def first_of(heard: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Without what came again."""
    return list({name: (seq, name) for seq, name in reversed(heard)}.values())[::-1]


def missing(before: Round, now: Round) -> list[tuple[str, float]]:
    """What clips that a cut ended lack at their end, s: counted from their alarm on, of the pictures that had come.

    By whole seconds of the pre-roll it may be more: a clip begins with a picture that stands alone, one a second.
    """
    found = []
    for name, clip in now.found.get("clips", {}).items():
        seen = before.seen_at.get(now.found["alarms"].get(name.partition("/")[0], ""))
        if clip["cut"] and seen is not None:
            shown = max(0.0, clip["pictures"] - PRE_ROLL_S * FPS)
            wanted = before.last_seen - seen
            found.append((name, max(0.0, wanted - shown) / FPS))
    return found


def section(rounds: list[Round], last: Round) -> str:
    """What came of it."""
    every = [*rounds, last]
    broken = faults(every)
    told = {name for it in every for name in it.told} | {name for it in every for _, name in it.heard}
    whole = {name for it in every[1:] for name, clip in it.found["clips"].items() if not clip["cut"]}
    ended = {name for it in every[1:] for name, clip in it.found["clips"].items() if clip["cut"]}
    shorts = [short for pair in pairwise(every) for _, short in missing(*pair)]
    waited = sum(len(it.found.get("waiting", ())) for it in every)
    unheard = set(last.found["rows"]) - {name for it in every for _, name in it.heard}
    sums = {key: sum(it.left[key] for it in rounds) for key in ("flushed", "kept", "lost", "torn")}
    again = sum(len(it.heard) for it in every) - len({name for it in every for _, name in it.heard})
    lines = [
        f"`make powercut`, commit {rounds[0].commit}: {len(rounds)} cuts of a machine of its own kernel",
        "(Debian Trixie, ext4, emulated, one processor), a drawn camera of 160x120 at 2 pictures a second, a",
        "scripted detector, the broker outside; each at a random moment 0 to 40 s after the first event of its run,",
        "three of four at the next write after it. The emulator is killed; of what its guest had not flushed, and no",
        "disk promises to keep, everything, nothing or a random half is left, the last write torn.",
        "",
        "| what | seen |",
        "|-|-|",
        f"| boots that came up and guarded by themselves | {len(every)} of {len(every)} |",
        f"| file systems with an error; whose journal the kernel replayed | {sum(it.journal[0] for it in every)}; "
        f"{sum(1 for it in every if it.journal[1])} |",
        f"| `db check --files` (store, chain, every sealed file) clean | "
        f"{sum(1 for it in every[1:] if it.found.get('check') == 0)} of {len(every) - 1} |",
        f"| events acknowledged (row committed, or at the broker); of these lost | {len(told)}; "
        f"{sum('is lost' in line for line in broken)} |",
        f"| events that waited in the outbox over a cut; not at the broker in the end; that came twice | {waited}; "
        f"{len(unheard)}; {again} |",
        f"| clips finished before a cut, and all play; cut short, and play | {len(whole - ended)}; {len(ended)} |",
        f"| missing at the end of one cut short, median and most | {_spread(shorts)} |",
        f"| writes on the disk by a flush; later ones kept; lost; torn | {sums['flushed']}; {sums['kept']}; "
        f"{sums['lost']}; {sums['torn']} |",
        f"| promises broken | {len(broken)} |",
    ]
    if broken:
        lines += ["", *(f"- {line}" for line in broken)]
    return "\n".join(lines) + "\n"


def _spread(values: list[float]) -> str:
    if not values:
        return "none was"
    rising = sorted(values)
    return f"{rising[len(rising) // 2]:.1f} s, {rising[-1]:.1f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
