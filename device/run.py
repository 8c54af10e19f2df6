"""The service from start to end: signals, readiness, watchdog, a new configuration on SIGHUP. Chooses no part."""

import contextlib
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import structlog

from device.app import build_detector, check, open_lanes
from device.board import board_load
from device.broker_parts import BrokerWays, open_desk
from device.capture.bell import Bell
from device.care import Ease
from device.clock import SystemClock
from device.commands import Commands
from device.config import Config, load_config
from device.core.arming.standing import Standing
from device.core.event import ArmedState, Event
from device.core.look_rate import LookRate
from device.core.message import MessageMaker
from device.device_health import health_of
from device.errors import ShopwardenError, StoreError
from device.fanout import Listener
from device.guard.guard import Guard
from device.heap import keep_one_heap
from device.lane import Lane
from device.log import setup
from device.metrics import figures
from device.notify_parts import open_notifiers
from device.outlets import Outlets, open_outlets, open_teller
from device.page_parts import PageWays, audit_of, open_page
from device.panel_parts import Ways, device_messages, open_guard
from device.pipeline import Step
from device.recorder.pictures import LivePictures
from device.recorder.recorder import Recorder
from device.recording_parts import open_recording, open_retention, vault_of
from device.service import Service
from device.signals import Signals
from device.stand_in import STOP_S as STAND_IN_STOP_S
from device.stand_in import Recheck, StandIn, hand_back, is_failing, stand_in
from device.track_parts import open_track_log
from device.watchdog import Watchdog
from device.web.feed import Feed
from device.web.parts import Figure
from device.web.prometheus import prometheus_text
from device.worker import LoopStats

log = structlog.get_logger(__name__)


def run_until_stopped(path: Path) -> int:
    """Run the service of a configuration file until SIGTERM, SIGINT, or the end of its recordings.

    Raises:
        ShopwardenError: it cannot start, or the detector failed.
    """
    setup(sys.stderr)
    keep_one_heap()
    signals, watchdog = Signals(), Watchdog.from_environment(os.environ)
    signals.listen()
    config: Config | None = _checked(path)
    last_good: Config | None = None
    first_track = 1
    with contextlib.closing(watchdog), Commands() as commands:
        while config is not None:
            run = _Run(config, path, signals, watchdog, commands, first_track)
            try:
                last_good, config = config, _guard(run)
                first_track = run.next_track
            except ShopwardenError as error:
                # The new file reads well, but its model, camera or pin does not: the old one did.
                if run.ready or last_good is None:
                    raise
                _refused(error)
                last_good, config = None, last_good
        watchdog.stopping()
    return 0


def _guard(run: "_Run") -> Config | None:
    """Guard, from memory where the disk fails at the start; returns the configuration to go on with."""
    try:
        return run.until_over()
    except StoreError as error:
        if run.ready or not is_failing(error, run.config.device.state_dir):
            raise
        why = str(error)
    with stand_in(run.config, why) as instead:
        after = run.until_over(instead)
        hand_back(instead)
    return after


def _checked(path: Path) -> Config:
    config = load_config(path)
    check(config, str(path))
    return config


def _refused(error: ShopwardenError) -> None:
    log.error("configuration_refused", reason=str(error), advice="the last good one stays in force")


def _follow(guard: Guard, service: Service) -> None:
    """Let the cameras know each armed state; the last one that they hear of is the one in force."""
    one_at_a_time = threading.Lock()

    def follow(_: Standing) -> None:
        # What is told may be older than what another thread has told since: only what is asked for now is not.
        with one_at_a_time:
            service.use_state(guard.standing().in_force)

    guard.listen(follow)


class _Run:
    """The service under one configuration."""

    def __init__(
        self,
        config: Config,
        path: Path,
        signals: Signals,
        watchdog: Watchdog,
        commands: Commands,
        first_track: int,
    ) -> None:
        self.config, self._path = config, path
        self._signals, self._watchdog, self._commands = signals, watchdog, commands
        self._clock = SystemClock()
        self._pictures = LivePictures([camera.id for camera in config.cameras], self._clock)
        self._over = threading.Event()
        self._next: Config | None = None
        self._instead: StandIn | None = None
        self.next_track = first_track
        """Where tracks go on after it: a number is never used again."""
        self.ready = False
        """Whether it came to guard."""

    @property
    def _config(self) -> Config:
        return self._instead.config if self._instead else self.config

    def until_over(self, instead: StandIn | None = None) -> Config | None:
        """Guard, on a stand-in where there is one; returns the configuration to go on with, or None at the end."""
        bell, self._instead = Bell(), instead
        with contextlib.ExitStack() as stack:
            detector = stack.enter_context(contextlib.closing(build_detector(self._config)))
            feed = Feed()
            notifiers = stack.enter_context(open_notifiers(self._config, self._clock, self._pictures))
            heard: list[Listener] = [feed, *notifiers.ways]
            outlets = stack.enter_context(open_outlets(self._config, self._clock, also=heard))
            # A panic button and the siren wait for no camera.
            outlets.start()
            vault = vault_of(self._config, self._clock, outlets.store)
            recording = stack.enter_context(open_recording(self._config, vault.archive, self._clock))
            recorder = recording.recorder

            def emit(event: Event) -> None:
                # What shows it has its names before anybody is told; the pins wait for nothing but that.
                # What a stand-in vouches for ends with it: no chain is named there.
                outlets.emit(replace(recorder.mark(event), chain=None if instead else vault.head()))

            ways = Ways(emit, outlets.mute, outlets.store, outlets.factory)
            guard = stack.enter_context(open_guard(self._config, self._clock, ways))
            lanes = stack.enter_context(
                open_lanes(
                    self._config,
                    detector,
                    self._clock,
                    first_track=self.next_track,
                    on_news=bell.ring,
                    guard=guard,
                    packets=recording.packets,
                )
            )
            tracks = stack.enter_context(open_track_log(self._config, self._clock, on_disk=instead is None))
            cameras, model = [lane.camera.id for lane in lanes], detector.card.name
            service = Service(
                lanes,
                emit=emit,
                on_step=lambda lane, step: self._after(lane, tracks.note(lane.camera.id, step), recorder),
                on_end=self._ended,
                on_ready=lambda: self._say_ready(cameras, model, guard.standing().armed),
                clock=self._clock,
                news=bell,
                ease=Ease(
                    rate=LookRate(self._config.detector.max_per_s),
                    board=board_load,
                    messages=device_messages(self._config, self._clock),
                ),
            )
            _follow(guard, service)
            messages = device_messages(self._config, self._clock)
            retention = stack.enter_context(open_retention(self._config, self._clock, vault, emit, messages))
            teller = stack.enter_context(open_teller(outlets.store, self._clock, emit, messages))
            guard.listen(notifiers.use_state)
            stack.enter_context(self._recheck(emit, messages))

            def stats() -> list[LoopStats]:
                loops = (*outlets.first, *outlets.behind, guard, *recording.loops, retention, teller, tracks)
                return [*(loop.stats() for loop in loops), *notifiers.stats()]

            stack.enter_context(self._commands.answered(self._config, self._clock, emit, stats))
            health = health_of(self._config.device.state_dir, outlets.store, guard, self._clock)

            def told() -> list[Figure]:
                return figures(health(), service.health, stats())

            audit = audit_of(self._config, outlets.store, self._clock)
            ways_to_broker = BrokerWays(guard, self._pictures, told, self._clock, audit.note_if_it_can)
            stack.enter_context(open_desk(self._config, outlets, ways_to_broker))
            shown = self._page_ways(guard, outlets, feed, told)
            stack.enter_context(open_page(self._config, self._clock, shown))
            service.run(self._over)
            self.next_track = max(lane.pipeline.tracker.next_id for lane in lanes)
        return self._next

    @contextlib.contextmanager
    def _recheck(self, emit: Callable[[Event], None], messages: MessageMaker) -> Iterator[None]:
        """On a stand-in: tell so, and start anew once the disk works."""
        if self._instead is None:
            yield
            return
        recheck = Recheck(
            self._instead, self._clock, emit=emit, messages=messages, works_again=self._signals.reload.set
        )
        recheck.begin()
        try:
            yield
        finally:
            recheck.stop(STAND_IN_STOP_S)

    def _page_ways(self, guard: Guard, outlets: Outlets, feed: Feed, told: Callable[[], list[Figure]]) -> PageWays:
        return PageWays(
            guard=guard,
            store=outlets.store,
            pictures=self._pictures,
            feed=feed,
            figures=told,
            metrics=lambda: prometheus_text(told()),
            reload=self._signals.reload.set,
            config_file=self._path,
            mutable=bool(outlets.pins),
        )

    def _say_ready(self, cameras: list[str], model: str, armed: ArmedState) -> None:
        self.ready = True
        self._watchdog.ready(self._clock.monotonic(), f"guards {', '.join(cameras)}", cameras)
        log.info("ready", cameras=cameras, model=model, armed=armed)

    def _ended(self, lane: Lane) -> None:
        """A recording is over while other cameras go on: nobody may wait for it."""
        log.info("recording_over", camera=lane.camera.id)
        self._watchdog.excuse(math.inf, lane.camera.id)

    def _after(self, lane: Lane, step: Step | None, recorder: Recorder) -> None:
        """One turn of one camera is over: show its picture, feed the watchdog, heed the signals."""
        if step is not None:
            recorder.show(lane.camera.id, step, lane.pipeline.detector)
            self._pictures.show(lane.camera.id, step, lane.pipeline.detector)
        if self.ready:
            self._feed(lane, step)
        if self._signals.stop.is_set():
            self._over.set()
        elif self.ready and self._signals.reload.is_set():
            self._signals.reload.clear()
            self._reload()
        if self._over.is_set():
            recorder.no_more_pictures()

    def _feed(self, lane: Lane, step: Step | None) -> None:
        now = self._clock.monotonic()
        if step is not None:
            looked, why_not = step.detections is not None, step.why_not_looked
            self._watchdog.progress(now, frame=True, inference=looked, why_not=why_not, part=lane.camera.id)
        elif lane.watch.lost:
            self._watchdog.excuse(now, lane.camera.id)
        self._watchdog.tick(now)

    def _reload(self) -> None:
        """Go on with the file as it is now; a bad one changes nothing."""
        try:
            self._next = _checked(self._path)
        except ShopwardenError as error:
            _refused(error)
            return
        log.info("configuration_read_again", file=str(self._path))
        self._over.set()
