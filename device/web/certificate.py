"""The device's own certificate: made once, valid from 2000, as many Pis think it is then. Serves nothing."""

import ipaddress
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device.errors import ConfigError, StoreError
from device.whole_file import replace_file

_FROM: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TO: Final = datetime(2060, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256 over it, as browsers show it: pairs of digits between colons.

        Raises:
            ConfigError: there is no certificate in the file.
        """
        try:
            found = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self.certificate}: holds no certificate: {error}") from error
        return found.fingerprint(hashes.SHA256()).hex(":").upper()


def own_certificate(folder: Path, device: str) -> Certificate:
    """The certificate in a folder, made where there is none.

    Raises:
        StoreError: it cannot be written.
    """
    pair = Certificate(folder / "web-certificate.pem", folder / "web-certificate.key")
    if pair.certificate.is_file() and pair.key.is_file():
        return pair
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        # The key first: a certificate without it would be taken for a pair.
        replace_file(pair.key, private)
        replace_file(pair.certificate, _signed(key, device).public_bytes(serialization.Encoding.PEM), mode=0o644)
    except OSError as error:
        raise StoreError(f"{folder}: the certificate cannot be written ({error.strerror})") from error
    return pair


def _signed(key: ec.EllipticCurvePrivateKey, device: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Shopwarden {device}"[:64])])
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .add_extension(x509.SubjectAlternativeName(_names(device)), critical=False)
        # Its own authority, so that a computer may be told to trust it, and it alone.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _names(device: str) -> list[x509.GeneralName]:
    """What it may be called: its name in the local network, this machine's name, and itself."""
    host = socket.gethostname().partition(".")[0]
    plain = dict.fromkeys(name for name in (f"{host}.local", host, f"{device}.local", device, "localhost") if name)
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in plain if _is_dns_name(name)]
    return [*names, *(x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1"))]


def _is_dns_name(name: str) -> bool:
    return name.isascii() and all(letter.isalnum() or letter in ".-" for letter in name)
