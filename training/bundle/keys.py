"""Makes and reads the private key that signs models. Does not sign bundles."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from device.detect.keys import fingerprint_of
from device.errors import UsageError
from training.errors import TrainingError


def make_keys(path: Path) -> tuple[Path, str]:
    """Make a key pair: the private half for its owner alone, the public half beside it.

    Args:
        path: of the private key; the public one ends in ``.pub``.

    Returns:
        The public key's path and fingerprint.

    Raises:
        UsageError: one of the files is there already; a key that is lost cannot be made again.
        TrainingError: they cannot be written.
    """
    public = path.with_suffix(".pub")
    if public == path:
        raise UsageError(f"{path}: .pub is for the public half; name the private key otherwise, as trainer.key")
    for there in (path, public):
        if there.exists() or there.is_symlink():
            raise UsageError(f"{there}: is there already and is not overwritten; name another --out")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, secret, 0o600)
        _write_new(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}; name another --out") from error
    return public, fingerprint_of(key.public_key())


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read the key that signs.

    Raises:
        UsageError: it cannot be read, others may read it too, or it is no Ed25519 private key.
    """
    try:
        text, mode = path.read_bytes(), path.stat().st_mode
        if b"PUBLIC KEY" in text:
            raise UsageError(f"{path}: the public half, which is for devices; give the private key beside it")
        if mode & 0o077:
            raise UsageError(f"{path}: others may read this private key; chmod 600 it, or make a new one")
        key = load_pem_private_key(text, password=None)
    except OSError as error:
        raise UsageError(f"{path}: the private key cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path}: no private key in it; give the file that 'shopwarden-train keygen' made") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: a key of another kind than Ed25519; make one with 'shopwarden-train keygen'")
    return key


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that nobody may read before its rights are set, and that is not there yet."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
