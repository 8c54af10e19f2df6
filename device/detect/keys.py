"""Public keys of those whose models are trusted, and their signatures. Knows no private key and no bundle."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from device.errors import UsageError

FINGERPRINT_CHARACTERS = 64
SIGNATURE_BYTES = 64
_MAX_KEY_BYTES = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class TrustedKey:
    """An Ed25519 key that this device believes."""

    fingerprint: str
    key: Ed25519PublicKey

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Whether the owner of the key signed the message."""
        try:
            self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def fingerprint_of(key: Ed25519PublicKey) -> str:
    """The SHA-256 of a key's 32 bytes, in hex: what two people compare over the telephone."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def read_trusted_key(path: Path) -> TrustedKey:
    """Read a public key.

    Raises:
        UsageError: the file cannot be read or holds no Ed25519 public key.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_KEY_BYTES)
        key = load_pem_public_key(text)
    except OSError as error:
        raise UsageError(f"{path}: the public key cannot be read: {error.strerror}; copy it there") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        secret = b"PRIVATE KEY" in text
        hint = "this is a private key, which stays where it was made" if secret else "no public key in it"
        raise UsageError(f"{path}: {hint}; give the .pub file that 'shopwarden-train keygen' made") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: a key of another kind than Ed25519; give the .pub file of 'shopwarden-train keygen'")
    return TrustedKey(fingerprint_of(key), key)


def read_trusted_keys(paths: Iterable[Path]) -> tuple[TrustedKey, ...]:
    """Read all.

    Raises:
        UsageError: as for one.
    """
    return tuple(read_trusted_key(path) for path in paths)
