"""Packs a model file into a bundle, and signs bundles. Does not read keys, and does not install."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device.core.card import ModelCard
from device.core.manifest import Manifest, manifest_to_json
from device.detect.bundle import MANIFEST_NAME, MODEL_NAME, signed, to_be_signed, unsigned
from device.detect.keys import fingerprint_of
from device.detect.litert import RUNTIMES
from device.detect.load import parse_model
from device.errors import ModelError, UsageError
from training.errors import TrainingError

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The manifest says when; the archive says the same bytes for the same content."""


def pack(model: Path, *, name: str, version: int, created_s: float, runtimes: tuple[str, ...] = ()) -> bytes:
    """A bundle without signature.

    Args:
        model: a model file with its card.
        name: what configurations will call it; empty for the name on the card.
        version: higher than every one before it under that name.
        created_s: Unix time, for the label.
        runtimes: interpreters that it is meant for; none for all that are known.

    Raises:
        ModelError: the model cannot be read or is damaged.
        UsageError: name, version or runtime are impossible.
    """
    content = _read(model)
    card = parse_model(model, content).card
    if strange := set(runtimes) - set(RUNTIMES):
        raise UsageError(f"runtime {min(strange)} is not known; one of: {', '.join(RUNTIMES)}")
    try:
        manifest = Manifest(
            name=name or card.name,
            version=version,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            created=f"{datetime.fromtimestamp(int(created_s), tz=UTC):%Y-%m-%dT%H:%M:%SZ}",
            runtimes=runtimes or tuple(RUNTIMES),
            kind=card.kind,
            labels=card.labels,
            summary=_summary(card),
        )
    except ValueError as error:
        raise UsageError(f"{model}: {error}") from error
    return _archive(manifest, content)


def sign(archive: bytes, key: Ed25519PrivateKey) -> bytes:
    """The bundle with its signature."""
    return signed(archive, fingerprint_of(key.public_key()), key.sign(to_be_signed(archive)))


def sign_file(path: Path, key: Ed25519PrivateKey, out: Path) -> None:
    """Sign a bundle that was packed without a key, or by another.

    Raises:
        ModelError: it is no bundle.
        TrainingError: the result cannot be written.
    """
    write_bundle(out, sign(unsigned(path, _read(path)), key))


def write_bundle(path: Path, content: bytes) -> None:
    """Write it, wholly or not at all.

    Raises:
        TrainingError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}; name another --out") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _summary(card: ModelCard) -> str:
    """The figure that the card was measured at, in a few words."""
    measured = card.measured
    named = (("AP50", "ap50"), ("accuracy", "accuracy"))
    figures = [f"{title} {measured[key]}" for title, key in named if isinstance(measured.get(key), int | float)]
    size = f"{card.input.width}x{card.input.height} px"
    return ", ".join([size, *figures])


def _archive(manifest: Manifest, model: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in ((MANIFEST_NAME, manifest_to_json(manifest).encode()), (MODEL_NAME, model)):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
