"""The rig of faults seen from outside, a broker that can be stopped, and what lies on the disk after a kill."""

import contextlib
import json
import queue
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import av
import av.error
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.fault_rig import POST_ROLL_S
from device.errors import StoreError
from device.evidence.audit import problems
from device.recorder.folder_archive import MARK
from device.store.store import FILE_NAME, Store
from tests.device.drawn import write_config
from tests.house import ROOT
from tests.recorder.packets import FPS, number_of
from tests.sinks.broker import PASSWORD, USER, free_port

Result = dict[str, Any]
"""What a batch was: ``times``, ``broken`` promises, and what else was counted."""
LAST_S = 2.0
"""A clip that was cut short plays up to so much before its end."""
PATIENCE_S = 60.0
MORE = """
[recording]
pre_roll_s = 2.0
post_roll_s = 3.0
[retention]
min_free_mib = {floor}
[pins]
factory = "mock"
outputs = [{{ id = "siren", pin = 17 }}]
"""
MQTT = '[mqtt]\nport = {port}\nusername = "{user}"\npassword_file = "{password}"\n'


def configuration(folder: Path, port: int | None, *, floor_mib: int = 64, source: str = "synthetic:") -> Path:
    """With a siren, a recorder and, where there is one, a broker."""
    more = MORE.format(floor=floor_mib)
    if port is not None:
        password = folder / "mqtt.password"
        password.write_text(PASSWORD, encoding="ascii")
        more += MQTT.format(port=port, user=USER, password=password)
    return write_config(folder, source=source, more=more)


class Broker:
    """mosquitto with what it holds on disk, written each second."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._config, passwords = folder / "mosquitto.conf", folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True)
        self._config.write_text(
            f"user root\nlistener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nlog_dest none\n"
            "max_queued_messages 0\nmax_inflight_messages 0\n",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        """Run it, and wait until it answers."""
        self._process = subprocess.Popen(["mosquitto", "-c", str(self._config)], stderr=subprocess.DEVNULL)
        poll = threading.Event()
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            poll.wait(0.05)
        raise SystemExit("mosquitto does not answer")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it so."""
        self._process.send_signal(number)
        self._process.wait()


class Witness:
    """Hears every event, under a name that the broker keeps messages for."""

    def __init__(self, port: int) -> None:
        """Listen until ``close``, whatever the broker does meanwhile."""
        self.heard: list[tuple[int, str]] = []
        """``seq`` and ``id``, as they came."""
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="witness", clean_session=False)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.reconnect_delay_set(0.1, 0.3)  # type: ignore[arg-type]  # it sleeps for fractions as well
        self._client.on_connect = lambda client, *_: client.subscribe("shopwarden/+/event", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self._ready.wait(PATIENCE_S):
            raise SystemExit("no subscription")

    def missing(self, ids: set[str], patience_s: float = 30.0) -> set[str]:
        """Which of these do not come, given some time."""
        poll = threading.Event()
        for _ in range(round(patience_s / 0.1)):
            if ids <= {name for _, name in list(self.heard)}:
                return set()
            poll.wait(0.1)
        return ids - {name for _, name in list(self.heard)}

    def in_order(self) -> bool:
        """Whether first occurrences rise."""
        first: dict[str, int] = {}
        for seq, name in self.heard:
            first.setdefault(name, seq)
        seqs = list(first.values())
        return seqs == sorted(seqs)

    def repeats(self) -> int:
        """How many came more than once."""
        return len(self.heard) - len({name for _, name in self.heard})

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        event = json.loads(message.payload)
        self.heard.append((event["seq"], event["id"]))


@dataclass(slots=True)
class Said:
    """What a rig said until it ended."""

    emitted: list[str] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    """``seq`` by ``id``, of what is on disk."""
    packet: int = -1
    clips: dict[str, tuple[float, float]] = field(default_factory=dict)


class Watched:
    """One run of the rig."""

    def __init__(self, config: Path, **spec: Any) -> None:
        """Start it, and wait until it is ready or dead."""
        self.said = Said()
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._ready = threading.Event()
        self._errors = (config.parent / "rig.log").open("ab")
        command = [sys.executable, "-m", "bench.fault_rig", json.dumps({"config": str(config), **spec})]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, cwd=ROOT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(PATIENCE_S):
            raise SystemExit("the rig is not ready")
        if self.process.poll() is not None and spec.get("kill") is None:
            raise SystemExit((config.parent / "rig.log").read_text(encoding="utf-8")[-2000:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    def ask(self, what: str, **more: Any) -> dict[str, Any]:
        """Have it do something."""
        if self.process.stdin is None:
            raise SystemExit("no way to ask")
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()
        return self._answers.get(timeout=PATIENCE_S + more.get("s", 0.0) * 2)

    def dies(self, within_s: float) -> bool:
        """Whether it kills itself in that time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(within_s)
        return self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL; what it said is complete then."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._errors.close()

    def end(self) -> int:
        """End it in peace; its status."""
        self.ask("end")
        status = self.process.wait(PATIENCE_S)
        self.kill()
        return status

    def _read(self) -> None:
        for line in self.process.stdout or ():
            word, _, rest = line.rstrip("\n").partition(" ")
            match word:
                case "ready":
                    self._ready.set()
                case "e":
                    self.said.emitted.append(rest)
                case "a":
                    seq, _, name = rest.partition(" ")
                    self.said.told[name] = int(seq)
                case "p":
                    self.said.packet = int(rest)
                case "c":
                    name, begin, end = rest.split()
                    self.said.clips[name] = (float(begin), float(end))
                case "r":
                    self._answers.put(json.loads(rest))
        self._ready.set()


def rows(state: Path) -> dict[str, int]:
    """``seq`` by ``id`` of every event in a store."""
    with contextlib.closing(sqlite3.connect(state / FILE_NAME)) as db:
        return {name: seq for seq, name in db.execute("select seq, id from event")}


def faults_of(state: Path, told: dict[str, int], work: Path) -> list[str]:
    """What is wrong with what a kill left: looked at in a copy, so that the next start finds it as it was."""
    shutil.rmtree(work, ignore_errors=True)
    # The index of SQLite's log lies in memory, which a power cut takes.
    shutil.copytree(state, work, ignore=shutil.ignore_patterns("*.sock", "*-shm"))
    found: list[str] = []
    if (work / FILE_NAME).exists():
        try:
            with contextlib.closing(Store.open(work)) as store:
                found += [f"db check: {line}" for line in store.check()]
            found += [f"db check: {line}" for line in problems(work, files=True, repair=False)]
        except StoreError as error:
            found.append(f"db check: {error}")
            return found
    kept = rows(work) if told else {}
    found += [f"event {seq} ({name}) was told and is lost" for name, seq in told.items() if kept.get(name) != seq]
    return found


@dataclass(slots=True)
class Clips:
    """What of the clips plays."""

    whole: int = 0
    cut: int = 0
    missing_s: float = 0.0
    """The most that is missing at the end of one that was cut short."""
    broken: list[str] = field(default_factory=list)
    known: set[Path] = field(default_factory=set)

    def look(self, state: Path, said: Said) -> None:
        """At every clip that was not known to be whole."""
        for path in sorted(state.glob("evidence/*/clip*.mp4")):
            if path in self.known:
                continue
            pictures, fault = readable(path)
            if path.with_name(path.name + MARK).exists():
                self._cut(path, pictures, said)
                continue
            self.known.add(path)
            self.whole += 1
            if fault or not pictures:
                self.broken.append(f"{path.parent.name}: is finished and does not play: {fault}")
        for name, (_, end) in said.clips.items():
            late = said.packet > end - POST_ROLL_S * FPS + LAST_S * FPS
            if late and not (state / "evidence" / name).exists():
                self.broken.append(f"{name}: has no clip")

    def _cut(self, path: Path, pictures: list[int], said: Said) -> None:
        if path.parent.name not in said.clips:
            # Of the run before: it was looked at then, and is being mended.
            return
        self.cut += 1
        begin, end = said.clips[path.parent.name]
        first = max(0, int(begin) // 10 * 10)
        if pictures:
            first = next((it for it in (first, first - 10, first + 10) if it >= 0 and it % 20 == pictures[0]), first)
        last, wanted = first + len(pictures) - 1, min(said.packet, int(end))
        # The seconds before the alarm are written at its beginning: who dies in that moment has nothing yet that could
        # play, so what is missing is counted from the alarm on.
        mark = int(end - POST_ROLL_S * FPS)
        missing_s = max(0, wanted - max(last, mark)) / FPS
        self.missing_s = max(self.missing_s, missing_s)
        if missing_s > LAST_S:
            self.broken.append(f"{path.parent.name}: was cut short and misses {missing_s:.1f} s")


def readable(path: Path) -> tuple[list[int], str | None]:
    """The pictures of a file as far as it plays, by their numbers, and why it ends before its end."""
    shown: list[int] = []
    try:
        with av.open(f"file:{path}") as container:
            shown.extend(number_of(picture) for picture in container.decode(video=0))
    except (av.error.FFmpegError, IndexError) as error:
        return shown, str(error)
    return shown, None


def query(state: Path, text: str) -> list[Any]:
    """What a store answers."""
    with contextlib.closing(sqlite3.connect(state / "shopwarden.db")) as db:
        return db.execute(text).fetchall()


def waiting(state: Path) -> set[int]:
    """What still waits for the broker, by number."""
    return {row[0] for row in query(state, "select seq from outbox")}
