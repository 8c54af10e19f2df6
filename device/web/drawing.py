"""Writes what somebody has drawn into the configuration file. Draws nothing."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from device.config.cameras import CameraTable
from device.config.edit import redraw
from device.config.load import parse_config
from device.errors import ConfigError, StoreError
from device.web.asked import DrawingBody
from device.whole_file import replace_file

log = structlog.get_logger(__name__)


class Outdated(Exception):  # noqa: N818 - it is an answer
    """The file has changed since the drawing was made from it."""


def drawing_of(camera: CameraTable) -> dict[str, Any]:
    """What is drawn on one camera's picture."""
    return camera.model_dump(mode="json", include={"zones", "lines", "shelves", "masks"})


def read(file: Path) -> tuple[str, str]:
    """The text of a configuration file and its revision.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    return text, hashlib.sha256(text.encode()).hexdigest()[:16]


def write(file: Path, camera: str, body: DrawingBody, note: Callable[[], None]) -> str:
    """Put a drawing into the file, with the text before it kept beside it as ``FILE.before``; the new revision.

    Args:
        file: the configuration.
        camera: on whose picture.
        body: what is drawn.
        note: called once all is well, before anything is written; what it raises ends it there.

    Raises:
        Outdated: somebody has changed the file in the meantime.
        ConfigError: with this drawing the configuration would be wrong; nothing was written.
        StoreError: it cannot be written.
    """
    text, revision = read(file)
    if revision != body.revision:
        raise Outdated
    changed = redraw(text, camera, body.model_dump(mode="json", exclude={"revision"}))
    parse_config(changed, file.name)
    note()
    try:
        mode = file.stat().st_mode & 0o777
        replace_file(file.with_name(f"{file.name}.before"), text.encode(), mode=mode)
        replace_file(file, changed.encode(), mode=mode)
    except OSError as error:
        raise StoreError(
            f"{file}: cannot be written ({error.strerror}): draw on a copy, or change its rights"
        ) from error
    log.info("drawing_written", file=str(file), camera=camera)
    return read(file)[1]
