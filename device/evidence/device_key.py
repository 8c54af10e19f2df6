"""The key by which this device vouches for what it recorded. Never leaves it."""

from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from device.detect.keys import fingerprint_of
from device.errors import StoreError
from device.whole_file import replace_file

PRIVATE: Final = "device-key.pem"
PUBLIC: Final = "device-key.pub"


class DeviceKey:
    """An Ed25519 key in the state directory, made where there is none."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """Use ``DeviceKey.of``."""
        self._key = key

    @classmethod
    def of(cls, state_dir: Path) -> Self:
        """The key of a state directory; the public one lies beside it.

        Raises:
            StoreError: it cannot be read or made.
        """
        path = state_dir / PRIVATE
        try:
            if path.exists():
                key = load_pem_private_key(path.read_bytes(), password=None)
            else:
                key = Ed25519PrivateKey.generate()
                secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                replace_file(path, secret, mode=0o600)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}: it must be readable by the service alone") from error
        except ValueError as error:
            raise StoreError(f"{path}: holds no private key: restore a backup, or move it away") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise StoreError(f"{path}: is a key of another kind than Ed25519")
        made = cls(key)
        try:
            if not (state_dir / PUBLIC).exists():
                replace_file(state_dir / PUBLIC, made.public_pem, mode=0o644)
        except OSError as error:
            raise StoreError(f"{state_dir / PUBLIC}: {error.strerror}") from error
        return made

    @property
    def public_pem(self) -> bytes:
        """The public key, PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key's 32 bytes: what two people compare."""
        return fingerprint_of(self._key.public_key())

    def sign(self, text: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(text)
