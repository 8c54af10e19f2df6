"""A service with four cameras that fail on demand, watched from outside. Judges nothing."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.rtsp_rig import RtspRig

CAMERAS = ("north", "east", "south", "west")
PATIENCE_S = 60.0
POLL_S = 0.05
HEAD = """
[device]
id = "faults"
state_dir = "{state}"
[detector]
model = "general-320"
threads = 1
[recording]
priorities = []
[web]
serve = false
"""
"""Cameras alone: what recorder and page hold from their first use on is measured where they are."""
CAMERA = """
[[cameras]]
id = "{id}"
source = "{source}"
"""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a process holds."""

    rss_bytes: int
    files: int
    threads: int


class Guard:
    """``shopwarden run`` in a folder of its own; ended in any case when the block is left."""

    def __init__(self, folder: Path, rig: RtspRig | None = None) -> None:
        """Start it, with cameras that look at a server where there is one, else with drawn ones."""
        self.rig = rig
        folder.mkdir(parents=True)
        self._folder = folder
        self._err, self._out = folder / "err.log", folder / "out.log"
        for camera in CAMERAS:
            self.control(camera, "none")
        config = folder / "shop.toml"
        cameras = [
            CAMERA.format(id=camera, source=rig.source if rig else f"faulty:{folder / camera}") for camera in CAMERAS
        ]
        config.write_text(HEAD.format(state=folder / "state") + "".join(cameras), encoding="utf-8")
        with self._err.open("wb") as err, self._out.open("wb") as out:
            command = [sys.executable, "-m", "device", "run", "--config", str(config)]
            self._process = subprocess.Popen(command, stdout=out, stderr=err)
        self._poll = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def restarts(self) -> int:
        """How often the service itself said that it is ready, beyond the first time."""
        return len([line for line in self._log() if line["event"] == "ready"]) - 1

    def ready(self) -> None:
        """Wait until it guards."""
        for _ in range(round(PATIENCE_S / POLL_S)):
            if any(line["event"] == "ready" for line in self._log()):
                return
            self._poll.wait(POLL_S)
        raise SystemExit(f"not ready:\n{self._err.read_text(encoding='utf-8')}")

    def control(self, camera: str, word: str | None) -> None:
        """Tell a camera what is wrong with it; None unplugs it."""
        path = self._folder / camera
        if word is None:
            path.unlink(missing_ok=True)
            return
        # Replaced in one step: a camera that reads half a word would be unplugged for a moment.
        path.with_suffix(".new").write_text(word, encoding="ascii")
        path.with_suffix(".new").replace(path)

    def send(self, camera: str, number: signal.Signals) -> None:
        """Send a signal to a camera's process."""
        pid = self._child(camera)
        if pid is None:
            raise SystemExit(f"camera {camera} has no process")
        os.kill(pid, number)

    def mark(self) -> int:
        """Where the log ends now."""
        return len(self._log())

    def back(self, camera: str, *, since: int, patience_s: float) -> float | None:
        """How long a camera was blind, s, once it is back; None where it does not come."""
        for _ in range(round(patience_s / POLL_S)):
            for line in self._log()[since:]:
                if line["event"] == "camera_back" and line["camera"] == camera:
                    return float(line["after_s"])
            self._poll.wait(POLL_S)
        return None

    def resources(self) -> Resources:
        """What the service holds now; its cameras' processes not counted."""
        folder = Path(f"/proc/{self._process.pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text(encoding="ascii").splitlines())
        files = len(list((folder / "fd").iterdir()))
        return Resources(int(status["VmRSS"].split()[0]) * 1024, files, int(status["Threads"]))

    def end(self) -> int:
        """Ask it to end; its exit status, and its children must have gone as well."""
        children = self._children()
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(30.0)
        left = [child for child in children if Path(f"/proc/{child}").exists()]
        return status if not left else 99

    def told(self) -> dict[str, tuple[int, int, float]]:
        """By kind of event: starts, ends, and the longest time from its beginning until it was told, s."""
        with sqlite3.connect(f"file:{self._folder / 'state' / 'shopwarden.db'}?mode=ro", uri=True) as store:
            events = [json.loads(row[0]) for row in store.execute("SELECT json FROM event ORDER BY seq")]
        store.close()
        states = Counter((event["kind"], event["state"]) for event in events)
        slowest: dict[str, float] = {}
        for event in events:
            if event["state"] == "start":
                late_s = event["t_emitted"] - event["t_start"]
                slowest[event["kind"]] = max(late_s, slowest.get(event["kind"], 0.0))
        return {kind: (states[kind, "start"], states[kind, "end"], slowest[kind]) for kind in sorted(slowest)}

    def _log(self) -> list[dict[str, Any]]:
        lines = self._err.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def _children(self) -> list[int]:
        pid = self._process.pid
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]

    def _child(self, camera: str) -> int | None:
        for pid in self._children():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"device.capture.child" in words and camera.encode() in words:
                return pid
        return None
