"""What happens to the guard when cameras fail, by one command: a table in ``docs/measured/cameras.md``.

Four drawn cameras run in one service. Each row injects one fault, one camera after another, again and again, and notes
how long each camera was blind, what was told, and what the service keeps of it.
"""

import argparse
import contextlib
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.fault_table import Outcome, markdown, put_section
from bench.guarded import CAMERAS, Guard, Resources
from bench.rtsp_rig import RtspRig
from tests.capture.rtsp import is_here

REPORT = Path(__file__).resolve().parents[1] / "docs" / "measured" / "cameras.md"
STAGGER_S = 1.0
"""From one camera's fault to the next one's."""
HEALTHY_S = 20.5
"""A camera that worked for so long is tried again at once: the first retry of a camera is what is measured."""
PATIENCE_S = 60.0
SLOW_S = 20.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail."""

    name: str
    what: str
    inject: Callable[[Guard, str], None]
    heal: Callable[[Guard, str], None] = lambda guard, camera: None  # noqa: ARG005 - most heal by a restart
    lasts_s: float = 0.0
    """Healed after so long; 0 where only a restart heals."""
    restarts: bool = True
    """Whether the camera is to be started again."""
    often: bool = False
    """Whether it is played as often as asked; else once."""
    rig: bool = False
    """Whether the cameras look at an RTSP server, which the fault befalls, all at once."""


def _signal(number: signal.Signals) -> Callable[[Guard, str], None]:
    return lambda guard, camera: guard.send(camera, number)


def _control(word: str) -> Callable[[Guard, str], None]:
    return lambda guard, camera: guard.control(camera, word)


def _unplug(guard: Guard, camera: str) -> None:
    guard.control(camera, None)


def _rig(act: Callable[[RtspRig], None]) -> Callable[[Guard, str], None]:
    """What befalls the server befalls every camera: done once, for the first."""
    return lambda guard, camera: act(guard.rig) if guard.rig is not None and camera == CAMERAS[0] else None


_plug = _control("none")
FAULTS = (
    Fault("kill", "process killed (SIGKILL)", _signal(signal.SIGKILL), often=True),
    Fault("stop", "process stopped (SIGSTOP)", _signal(signal.SIGSTOP), often=True),
    Fault("hang", "driver does not come back", _control("hang"), _plug, 5.0),
    Fault("frozen", "the same picture again, for 12 s", _control("frozen"), _plug, 12.0),
    Fault("stuck", "the time stands still, for 12 s", _control("stuck"), _plug, 12.0),
    Fault("unplugged", "unplugged for 5 s", _unplug, _plug, 5.0),
    Fault("long", "unplugged for 15 s", _unplug, _plug, 15.0),
    Fault("slow", f"a picture every 2 s, for {SLOW_S:.0f} s", _control("slow"), _plug, SLOW_S, restarts=False),
    Fault(
        "rtsp-kill",
        "RTSP server killed, another after 8 s",
        _rig(RtspRig.kill),
        _rig(RtspRig.serve_again),
        8.0,
        rig=True,
    ),
    Fault("rtsp-stall", "RTSP stalled in a packet for 12 s", _rig(RtspRig.stall), _rig(RtspRig.flow), 12.0, rig=True),
    Fault("rtsp-size", "RTSP resolution changed", _rig(RtspRig.resize), rig=True),
)


@dataclass(slots=True)
class Round:
    """One fault on every camera, one after another."""

    guard: Guard
    fault: Fault
    blind_s: list[float] = field(default_factory=list)
    never_back: int = 0

    def play(self) -> None:
        """Inject, wait, heal, and see every camera come back."""
        poll, mark = threading.Event(), self.guard.mark()
        stagger_s = 0.0 if self.fault.rig else STAGGER_S
        for camera in CAMERAS:
            self.fault.inject(self.guard, camera)
            poll.wait(stagger_s)
        poll.wait(max(0.0, self.fault.lasts_s - stagger_s * len(CAMERAS)))
        for camera in CAMERAS:
            self.fault.heal(self.guard, camera)
            if self.fault.lasts_s:
                poll.wait(stagger_s)
        if not self.fault.restarts:
            return
        for camera in CAMERAS:
            after_s = self.guard.back(camera, since=mark, patience_s=PATIENCE_S)
            if after_s is None:
                self.never_back += 1
            else:
                self.blind_s.append(after_s)


def play(fault: Fault, rounds: int, folder: Path) -> Outcome:
    """A service of its own for each fault, so that what it keeps is that fault's doing."""
    with contextlib.ExitStack() as stack:
        rig = stack.enter_context(contextlib.closing(RtspRig())) if fault.rig else None
        guard = stack.enter_context(Guard(folder / fault.name, rig))
        guard.ready()
        played = Round(guard, fault)
        poll = threading.Event()
        kept: list[Resources] = []
        for number in range(rounds):
            poll.wait(HEALTHY_S)
            kept.append(guard.resources())
            played.play()
            print(f"{fault.name}: round {number + 1} of {rounds}, blind {played.blind_s[-len(CAMERAS) :]}", flush=True)
        poll.wait(HEALTHY_S)
        kept.append(guard.resources())
        status = guard.end()
        return Outcome(
            name=fault.name,
            what=fault.what,
            cycles=rounds * len(CAMERAS),
            blind_s=tuple(played.blind_s),
            never_back=played.never_back,
            told=guard.told(),
            restarts=guard.restarts,
            status=status,
            before=kept[min(1, len(kept) - 2)],
            after=kept[-1],
        )


def main(arguments: list[str]) -> int:
    """Play what is asked for; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="make camera-faults", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=1, help="rounds of four cameras for kill and stop; 25 is 100 cycles"
    )
    parser.add_argument("--only", help="names of faults, by comma")
    parser.add_argument("--report", action="store_true", help=f"write the table to {REPORT.name}")
    options = parser.parse_args(arguments)
    chosen = [fault for fault in FAULTS if options.only is None or fault.name in options.only.split(",")]
    if not is_here():
        print("gir1.2-gst-rtsp-server-1.0 is not installed: the rows of RTSP are left out", file=sys.stderr)
        chosen = [fault for fault in chosen if not fault.rig]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        outcomes = [play(fault, options.rounds if fault.often else 1, folder) for fault in chosen]
    text = markdown(outcomes)
    print(text)
    if options.report:
        put_section(REPORT, "Faults", text)
    broken = [line for outcome in outcomes for line in outcome.broken()]
    print("\n".join(broken), file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
