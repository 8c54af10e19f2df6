"""In the virtual machine whose power is cut: looks at what the last cut left, then guards. Judges nothing.

Usage: python -m tests.vm.power_guest PORT      the broker's, at the host; ``-`` for none

It says one line each: ``found JSON`` what was there before the guard started, ``ready UNIX`` the guard guards, ``seen
N`` a picture is looked at, ``told SEQ ID`` the row of an event is committed.
"""

import contextlib
import io
import json
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TextIO
from unittest import mock

import av
import av.error

from device.capture.restarting import RestartingCamera
from device.capture.scene import Figure, Scene
from device.capture.scene_path import Waypoint
from device.cli import main as shopwarden
from device.clock import SystemClock
from device.config import Config
from device.core.detections import Detections
from device.core.event import Event
from device.core.frame import Frame
from device.detect.scripted import ScriptedDetector
from device.fanout import Listener
from device.outlets import Outlets, open_outlets
from device.ports import Clock
from device.recorder.folder_archive import MARK
from device.store.store import FILE_NAME

ROOT: Final = Path(os.environ.get("POWER_ROOT", "/var/lib/shopwarden"))
STATE, CONFIG, SCENE = ROOT / "state", ROOT / "shop.toml", ROOT / "walk.toml"
FPS: Final = 2.0
WALK = Scene(
    width_px=160,
    height_px=120,
    fps=FPS,
    duration_s=12.0,
    figures=(Figure(id=1, path=(Waypoint(0.5, -0.1, 0.95), Waypoint(11.0, 1.1, 0.95)), height_frac=0.8),),
)
WALK_TOML: Final = """
width_px = 160
height_px = 120
fps = 2.0
duration_s = 12.0
[[figures]]
id = 1
path = [[0.5, -0.1, 0.95], [11.0, 1.1, 0.95]]
height_frac = 0.8
"""
TOML: Final = """
[device]
id = "shop-1"
state_dir = "{state}"
[detector]
model = "general-256"
max_per_s = 2.0
[[cameras]]
id = "aisle"
source = "synthetic:{scene}?loop=1"
  [[cameras.zones]]
  id = "floor"
  polygon = [[0.2, 0.1], [0.8, 0.1], [0.8, 1.0], [0.2, 1.0]]
  [[cameras.lines]]
  id = "door"
  start = [0.5, 1.0]
  end = [0.5, 0.0]
[recording]
pre_roll_s = 2.0
post_roll_s = 3.0
[retention]
min_free_mib = 64
[pins]
factory = "mock"
outputs = [{{ id = "siren", pin = 17 }}]
[web]
serve = false
"""
MQTT: Final = '[mqtt]\nhost = "{host}"\nport = {port}\nusername = "cam"\npassword_file = "{password}"\n'
ROUNDS_OF_THE_SCENE: Final = 200
PATIENCE_S: Final = 90.0
_TELLING = threading.Lock()


def say(line: str) -> None:
    """Tell the host, at once."""
    with _TELLING:
        sys.__stdout__.write(line + "\n")  # type: ignore[union-attr]  # there is one
        sys.__stdout__.flush()  # type: ignore[union-attr]


class Told:
    """Says of each event that its row is committed: it is told after that."""

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:  # noqa: ARG002 - it never waits
        """Say so."""
        say(f"told {event.seq} {event.id}")
        return True


def found() -> dict[str, Any]:
    """What the last power cut left: judged by the store's own check, and as raw rows and files."""
    if not (STATE / FILE_NAME).exists():
        return {"fresh": True}
    clips = {}
    for path in sorted(STATE.glob("evidence/*/clip*.mp4")):
        pictures, fault = played(path)
        clips[f"{path.parent.name}/{path.name}"] = {
            "cut": path.with_name(path.name + MARK).exists(),
            "pictures": pictures,
            "fault": fault,
        }
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = shopwarden(["db", "check", "--files", "--config", str(CONFIG)])
    with contextlib.closing(sqlite3.connect(STATE / FILE_NAME)) as db:
        rows = {name: seq for seq, name in db.execute("select seq, id from event")}
        alarms = dict(
            db.execute("select event_id, min(id) from event where priority = 'alarm' and state = 'start' group by 1")
        )
        waiting = [seq for (seq,) in db.execute("select seq from outbox")]
    said = f"{out.getvalue()} {err.getvalue()}".strip()
    return {"check": status, "said": said, "rows": rows, "alarms": alarms, "waiting": waiting, "clips": clips}


def played(path: Path) -> tuple[int, str | None]:
    """How many pictures a file gives, and why it ends before its end."""
    count = 0
    try:
        with av.open(f"file:{path}") as container:
            for _ in container.decode(video=0):
                count += 1
    except (av.error.FFmpegError, IndexError) as error:
        return count, str(error)
    return count, None


class Telling(ScriptedDetector):
    """Says of each picture that it has come."""

    def detect(self, frame: Frame) -> Detections:
        """Say so, and see what the script says."""
        say(f"seen {frame.seq}")
        return super().detect(frame)


def scripted(_config: object) -> ScriptedDetector:
    """Sees who is drawn, in every picture."""
    script = {
        seq: [(it.label, 0.8, it.box) for it in WALK.truth(seq % WALK.pictures / FPS)]
        for seq in range(WALK.pictures * ROUNDS_OF_THE_SCENE)
    }
    return Telling(script, ("person",))


def with_told(
    config: Config, clock: Clock, console: TextIO | None = None, also: Sequence[Listener] = ()
) -> contextlib.AbstractContextManager[Outlets]:
    """What the guard opens, and one more who is told of what is committed."""
    return open_outlets(config, clock, console, [*also, Told()])


def tell_when_ready(name: str) -> None:
    """Say when the guard says so to who started it, as systemd would hear it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        while message := heard.recv(4096).decode():
            if message.startswith("READY=1"):
                say(f"ready {SystemClock().wall():.3f}")


def main(port: str) -> int:
    """Look, then guard until the power goes."""
    ROOT.mkdir(parents=True, exist_ok=True)
    SCENE.write_text(WALK_TOML, encoding="utf-8")
    password = ROOT / "mqtt.password"
    password.write_text("correct horse", encoding="ascii")
    password.chmod(0o600)
    text = TOML.format(state=STATE, scene=SCENE)
    host = os.environ.get("POWER_HOST", "10.0.2.2")
    CONFIG.write_text(text + MQTT.format(host=host, port=port, password=password), encoding="utf-8")
    say("found " + json.dumps(found()))
    name = f"power-{os.getpid()}"
    threading.Thread(target=tell_when_ready, args=(name,), daemon=True).start()
    os.environ["NOTIFY_SOCKET"] = f"@{name}"
    with (
        mock.patch("device.run.build_detector", scripted),
        mock.patch("device.run.open_outlets", with_told),
        # Under emulation a camera's process alone takes ten seconds to be there.
        mock.patch("device.core.first_picture.FIRST_PICTURE_S", PATIENCE_S),
        mock.patch("device.core.camera_watch.LOST_AFTER_S", PATIENCE_S),
        mock.patch.dict(vars(RestartingCamera)["__init__"].__kwdefaults__, stall_s=PATIENCE_S),
    ):
        return shopwarden(["run", "--config", str(CONFIG)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
