"""A signed model bundle: its form, and whether it can be believed. Does not install it, and does not sign.

A bundle is a zip archive of ``manifest.json`` and ``model.tflite``, both stored as they are. Its signature is the
archive's comment, the last bytes of the file, and covers every byte before it: the signature is checked before anything
of the archive is read, and no byte can change unseen.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.core.manifest import Manifest, manifest_from_json
from device.detect.keys import FINGERPRINT_CHARACTERS, SIGNATURE_BYTES, TrustedKey
from device.errors import ModelError

MANIFEST_NAME, MODEL_NAME = "manifest.json", "model.tflite"
_MAX_FILE_BYTES = 257 * 2**20
_MAX_MANIFEST_BYTES = 2**20
_END_BYTES = 22
"""Of the record at the end of a zip archive, without its comment; the last two give the comment's length."""
_BEGIN_MAGIC, _END_MAGIC = b"PK\x03\x04", b"PK\x05\x06"
_TAG = "shopwarden-model-1"
COMMENT_BYTES = len(_TAG) + 1 + FINGERPRINT_CHARACTERS + 1 + 2 * SIGNATURE_BYTES
_CONTEXT = b"shopwarden model bundle, version 1\n"
"""Signed with the file, so that a signature made for anything else says nothing about a model."""


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle whose signature and sums are right."""

    path: Path
    manifest: Manifest
    model: bytes
    """The whole model file."""
    fingerprint: str
    """Of the key that signed."""
    content: bytes
    """The whole bundle."""


def read_bundle(path: Path, trusted: Sequence[TrustedKey]) -> Bundle:
    """Read a bundle that somebody trusted has signed.

    Raises:
        ModelError: it is damaged, unsigned, or signed by nobody who is trusted; the message says which.
    """
    content = _read(path)
    fingerprint = _signer(path, content, trusted)
    manifest, model = _contents(path, content)
    if len(model) != manifest.bytes or hashlib.sha256(model).hexdigest() != manifest.sha256:
        raise ModelError(f"{path}: its model is not the one that its manifest names; make the bundle again")
    return Bundle(path, manifest, model, fingerprint, content)


def model_inside(path: Path, content: bytes) -> bytes:
    """The model file in a bundle's bytes, its signature not asked for.

    Raises:
        ModelError: it is no bundle.
    """
    return _contents(path, content)[1]


def to_be_signed(archive: bytes) -> bytes:
    """What a signature covers.

    Args:
        archive: a bundle without signature.
    """
    return _CONTEXT + archive[:-2] + struct.pack("<H", COMMENT_BYTES)


def signed(archive: bytes, fingerprint: str, signature: bytes) -> bytes:
    """The bundle with its signature."""
    comment = _comment(fingerprint, signature)
    return archive[:-2] + struct.pack("<H", len(comment)) + comment


def unsigned(path: Path, content: bytes) -> bytes:
    """The archive alone, whether or not it is signed.

    Raises:
        ModelError: it is no bundle.
    """
    if _ends_at(content, len(content)):
        return content
    if _ends_at(content, len(content) - COMMENT_BYTES):
        return content[: -COMMENT_BYTES - 2] + b"\0\0"
    raise ModelError(f"{path}: not a model bundle, or cut short; make it again with 'shopwarden-train bundle'")


def _comment(fingerprint: str, signature: bytes) -> bytes:
    return f"{_TAG} {fingerprint} {signature.hex()}".encode()


def _read(path: Path) -> bytes:
    try:
        size_bytes = path.stat().st_size
        if size_bytes > _MAX_FILE_BYTES:
            raise ModelError(f"{path}: {size_bytes} bytes is too large for a model bundle")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _ends_at(content: bytes, end: int) -> bool:
    """Whether an archive's last record lies before this place and calls for what follows it as its comment."""
    record = content[end - _END_BYTES : end] if end >= _END_BYTES else b""
    return record[:4] == _END_MAGIC and record[-2:] == struct.pack("<H", len(content) - end)


def _signer(path: Path, content: bytes, trusted: Sequence[TrustedKey]) -> str:
    """The fingerprint of the trusted key that signed."""
    if not content.startswith(_BEGIN_MAGIC):
        raise ModelError(f"{path}: not a model bundle; make one with 'shopwarden-train bundle'")
    if _ends_at(content, len(content)):
        raise ModelError(f"{path}: not signed; sign it with 'shopwarden-train sign'")
    if not _ends_at(content, len(content) - COMMENT_BYTES):
        raise ModelError(f"{path}: cut short, changed, or not a model bundle; copy it again from where it was made")
    comment = content[-COMMENT_BYTES:]
    fingerprint, signature = _parse_comment(path, comment)
    key = next((key for key in trusted if key.fingerprint == fingerprint), None)
    if key is None:
        known = ", ".join(key.fingerprint[:16] for key in trusted) or "none"
        raise ModelError(f"{path}: signed by the key {fingerprint[:16]}, which is not trusted here (trusted: {known})")
    if not key.signed(signature, _CONTEXT + content[:-COMMENT_BYTES]):
        raise ModelError(f"{path}: changed after it was signed; copy it again from where it was made")
    return fingerprint


def _parse_comment(path: Path, comment: bytes) -> tuple[str, bytes]:
    try:
        tag, fingerprint, text = comment.decode("ascii").split(" ")
        signature = bytes.fromhex(text)
    except ValueError as error:
        raise ModelError(f"{path}: its signature is damaged; copy it again from where it was made") from error
    # Hex can be written in more than one way; only one of them is a signature.
    if tag != _TAG or _comment(fingerprint, signature) != comment:
        raise ModelError(f"{path}: its signature is damaged; copy it again from where it was made")
    return fingerprint, signature


def _contents(path: Path, content: bytes) -> tuple[Manifest, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.namelist() != [MANIFEST_NAME, MODEL_NAME]:
                raise ValueError("holds other files than a manifest and a model")
            sizes = [entry.file_size for entry in archive.infolist()]
            if sizes[0] > _MAX_MANIFEST_BYTES or sizes[1] > _MAX_FILE_BYTES:
                raise ValueError("its parts are too large")
            manifest = manifest_from_json(archive.read(MANIFEST_NAME).decode("utf-8"))
            return manifest, archive.read(MODEL_NAME)
    # RuntimeError is zipfile's word for an entry that claims to be encrypted or packed in a way it does not know.
    except (KeyError, ValueError, RuntimeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path}: not a model bundle: {error}") from error
