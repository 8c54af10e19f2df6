"""What a model bundle says about itself, and its JSON. Does not read files or check signatures."""

import json
import re
from dataclasses import dataclass
from typing import Any

MANIFEST_VERSION = 1
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Fit for a folder's name: begins with no dot, holds no slash."""
MAX_VERSION = 2**31 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST = 2000
"""Classes that a manifest may name, and characters of its free text."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which model a bundle carries."""

    name: str
    """What a configuration calls it."""
    version: int
    """Grows with every bundle of that name; a device goes forward only."""
    sha256: str
    """Of the whole model file."""
    bytes: int
    """Length of the model file."""
    created: str
    """When the bundle was made, RFC 3339; a label."""
    runtimes: tuple[str, ...]
    """Interpreters that it is meant for."""
    kind: str
    """As its card says: detector or classifier."""
    labels: tuple[str, ...]
    summary: str = ""
    """One line for the person who installs it."""

    def __post_init__(self) -> None:
        _check(NAME.fullmatch(self.name), "name", self.name)
        _check(0 < self.version <= MAX_VERSION, "version", self.version)
        _check(_SHA256.fullmatch(self.sha256), "sha256", self.sha256)
        _check(self.bytes > 0, "bytes", self.bytes)
        _check(self.created and self.created.isprintable(), "created", self.created)
        _check(self.runtimes, "runtimes", self.runtimes)
        _check(0 < len(self.labels) <= _MOST, "labels", f"{len(self.labels)} classes")
        _check(len(self.summary) <= _MOST and self.summary.isprintable(), "summary", self.summary)

    def __str__(self) -> str:
        return f"{self.name} version {self.version}"


def manifest_to_json(manifest: Manifest) -> str:
    """Write a manifest, the same text for the same values."""
    fields = {key: getattr(manifest, key) for key in Manifest.__slots__}
    raw = {"v": MANIFEST_VERSION} | {key: list(v) if isinstance(v, tuple) else v for key, v in fields.items()}
    return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


def manifest_from_json(text: str) -> Manifest:
    """Read a manifest; fields that are not known are passed over.

    Raises:
        ValueError: a field is missing or impossible; the message names it.
    """
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"manifest is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ValueError("manifest is no JSON object")
    version = _whole(raw, "v")
    if version != MANIFEST_VERSION:
        raise ValueError(f"manifest version {version} is not known, this program reads version {MANIFEST_VERSION}")
    return Manifest(
        name=_text(raw, "name"),
        version=_whole(raw, "version"),
        sha256=_text(raw, "sha256"),
        bytes=_whole(raw, "bytes"),
        created=_text(raw, "created"),
        runtimes=_texts(raw, "runtimes"),
        kind=_text(raw, "kind"),
        labels=_texts(raw, "labels"),
        summary=_text(raw, "summary"),
    )


def _check(right: object, key: str, value: object) -> None:
    if not right:
        raise ValueError(f"manifest: {key} cannot be {str(value)[:60]!r}")


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    _check(isinstance(value, str), key, value)
    return str(value)


def _texts(raw: dict[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key)
    right = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    _check(right, key, value)
    return tuple(value or ())


def _whole(raw: dict[str, Any], key: str) -> int:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"manifest: {key} cannot be {str(value)[:60]!r}")
    return value
