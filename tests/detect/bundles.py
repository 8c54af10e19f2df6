"""Keys and bundles for tests, made as the desktop makes them."""

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from device.core.manifest import Manifest, manifest_to_json
from device.detect.bundle import MANIFEST_NAME, MODEL_NAME, signed, to_be_signed
from device.detect.keys import fingerprint_of
from device.detect.load import read_model
from tests.detect.models import GENERAL_320

KEY = Ed25519PrivateKey.from_private_bytes(b"for tests, not a secret of anyone"[:32])
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"another key, which nobody trusts"[:32])


def write_public(path: Path, key: Ed25519PrivateKey = KEY) -> Path:
    """Write the public half."""
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def manifest(version: int = 1, name: str = "goods", model: Path = GENERAL_320) -> Manifest:
    """A right manifest of a shipped model."""
    content = model.read_bytes()
    return Manifest(
        name=name,
        version=version,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        created="2026-11-22T12:00:00Z",
        runtimes=("ai-edge-litert", "tflite-runtime"),
        kind="detector",
        labels=read_model(model).card.labels,
    )


def archive(what: Manifest, model: bytes) -> bytes:
    """A bundle without signature."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr(MANIFEST_NAME, manifest_to_json(what))
        zipped.writestr(MODEL_NAME, model)
    return buffer.getvalue()


def write_bundle(
    path: Path, version: int = 1, *, key: Ed25519PrivateKey = KEY, model: Path = GENERAL_320, **changes: object
) -> Path:
    """Write a signed bundle; a change to its manifest is signed too."""
    what = replace(manifest(version, model=model), **changes)  # type: ignore[arg-type]
    content = archive(what, model.read_bytes())
    path.write_bytes(signed(content, fingerprint_of(key.public_key()), key.sign(to_be_signed(content))))
    return path
