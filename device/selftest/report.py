"""What stands on the installer's page, and where it is written. Lays nothing out."""

import hashlib
import importlib.metadata
import json
import platform
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from device import __version__
from device.board import board_model
from device.config.model import Config
from device.errors import ShopwardenError, UsageError
from device.evidence.device_key import DeviceKey
from device.page_parts import certificate_of, first_code_of, users_of
from device.ports import Clock
from device.selftest.album import Album
from device.selftest.finding import Finding, passed
from device.selftest.page import html_of
from device.selftest.print import pdf_of
from device.selftest.sheet import ReportSheet
from device.web.sheet import FirstSheet, address_of
from device.whole_file import replace_file

NAME: Final = "selftest"
_PARTS: Final = ("numpy", "opencv-python-headless", "ai-edge-litert", "tflite-runtime", "av", "gpiozero", "paho-mqtt")


@dataclass(frozen=True, slots=True)
class Places:
    """Where both forms go."""

    page: Path
    """HTML."""
    print_: Path
    """PDF."""


def places_of(wanted: Path) -> Places:
    """A folder gets both under a fixed name; a file's name gives both.

    Raises:
        UsageError: the folder that they are to lie in is not there, or the name ends otherwise.
    """
    if wanted.is_dir():
        base = wanted / NAME
    elif wanted.suffix in (".html", ".pdf"):
        base = wanted.with_suffix("")
    else:
        raise UsageError(f"--report: {wanted} is no folder, and no name that ends in .html or .pdf")
    if not base.parent.is_dir():
        raise UsageError(f"--report: there is no folder {base.parent}")
    return Places(base.with_name(f"{base.name}.html"), base.with_name(f"{base.name}.pdf"))


def make_report(config: Config, findings: Sequence[Finding], album: Album, clock: Clock) -> ReportSheet:
    """The page of one visit. Makes a one-time code where nobody has an account yet.

    Raises:
        ShopwardenError: key, code or certificate cannot be read or made.
    """
    when = datetime.fromtimestamp(clock.wall(), UTC).strftime("%Y-%m-%d %H:%M UTC")
    return ReportSheet(
        device=config.device.id,
        host=f"{socket.gethostname().partition('.')[0]}.local",
        when=when if clock.synced() else f"{when} (this clock was not set from outside)",
        passed=passed(findings),
        findings=tuple(findings),
        stills=tuple(album.stills),
        versions=_versions(config),
        key=_key(config),
        way=_way(config),
    )


def write_report(sheet: ReportSheet, places: Places) -> None:
    """Both forms, for nobody but their owner: the one-time code stands on them.

    Raises:
        ShopwardenError: one cannot be written.
    """
    for path, content in ((places.page, html_of(sheet).encode()), (places.print_, pdf_of(sheet))):
        try:
            replace_file(path, content)
        except OSError as error:
            raise ShopwardenError(f"{path}: the report cannot be written ({error.strerror})") from error


def _key(config: Config) -> str | None:
    """The fingerprint by which evidence is known; None before there is a place for the key."""
    return DeviceKey.of(config.device.state_dir).fingerprint if config.device.state_dir.is_dir() else None


def _way(config: Config) -> FirstSheet | None:
    """How the page is reached, with a new code where nobody has an account; None where there is no page yet."""
    if not config.web.serve or not config.device.state_dir.is_dir():
        return None
    certificate = certificate_of(config)
    code = "" if users_of(config).all() else first_code_of(config).make()
    return FirstSheet(address_of(config.web), code, certificate.fingerprint if certificate else None)


def _versions(config: Config) -> tuple[tuple[str, str], ...]:
    settings = json.dumps(config.effective(), sort_keys=True).encode()
    return (
        ("shopwarden", __version__),
        ("board", board_model() or platform.machine()),
        ("system", f"{_system()}, kernel {platform.release()}, Python {platform.python_version()}"),
        ("parts", ", ".join(_parts())),
        ("model", config.detector.model),
        ("configuration", f"SHA-256 {hashlib.sha256(settings).hexdigest()[:16]}..."),
    )


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _parts() -> list[str]:
    found = []
    for name in _PARTS:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            # One of the two interpreters is there, and on 32 bit OpenCV is Debian's.
            continue
    return found
