"""Makes the cameras of a configuration, ready to be asked for pictures. Knows no stage behind them."""

from collections.abc import Callable
from functools import partial

from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.restarting import RestartingCamera, Standing
from device.capture.sources import parse_small, parse_source
from device.capture.wishes import request_of
from device.config.cameras import CameraTable
from device.config.model import Config
from device.core.event import ArmedState
from device.errors import CameraError, ConfigError
from device.ports import Clock


def make_camera(
    table: CameraTable,
    armed: ArmedState,
    clock: Clock,
    on_news: Callable[[], None],
    packets: PacketStore | None = None,
) -> RestartingCamera:
    """A camera that is started when it is first asked for a picture, in the armed state that holds by then.

    Its packets for the recording go to ``packets``; without it none are made.
    """
    rates = table.fps_while.by_state()
    return RestartingCamera(
        table.id,
        partial(_start, table, clock, on_news, packets),
        clock=clock,
        standing=Standing(armed, rates.get(armed)),
        rates=rates,
        can_freeze=can_freeze(table),
    )


def _start(
    table: CameraTable,
    clock: Clock,
    on_news: Callable[[], None],
    packets: PacketStore | None,
    standing: Standing,
) -> CameraProcess:
    """A camera's process, on which holds what is given."""
    request = request_of(table, armed=standing.armed)
    camera = CameraProcess(table.id, request, clock=clock, on_news=on_news, packets=packets)
    if standing.fps is not None:
        camera.set_rate(standing.fps)
    return camera


def can_freeze(table: CameraTable) -> bool:
    """Whether the same picture again and again is a fault of this camera.

    A sensor never gives it. Drawn scenes and recordings may, and there nobody is betrayed by it.
    """
    return table.notice_frozen and parse_source(table.source).scheme not in {"file", "synthetic"}


def check_sources(config: Config, name: str) -> None:
    """Find kinds of cameras that there are not.

    Raises:
        ConfigError: a source; ``name`` is the file's.
    """
    for camera in config.cameras:
        try:
            main = parse_source(camera.source)
            if camera.source_small is not None:
                parse_small(camera.source_small, main)
        except CameraError as error:
            raise ConfigError(f"{name}: camera {camera.id}: {error}") from error


def check_passwords(config: Config, name: str) -> None:
    """Read every camera's file with its password: for whoever checks a file, while a guard goes on without that camera.

    Raises:
        ConfigError: one cannot be read; ``name`` is the configuration's.
    """
    for camera in config.cameras:
        try:
            request_of(camera, armed=config.arming.state)
        except CameraError as error:
            raise ConfigError(f"{name}: {error}") from error
