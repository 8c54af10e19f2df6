"""Evidence for a third party: one ZIP that explains itself, and the check of it on any computer. Owns no chain."""

import hashlib
import html
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from device.core.chain import Signed, differences, faults, sealed_in
from device.detect.keys import FINGERPRINT_CHARACTERS, TrustedKey, fingerprint_of, read_trusted_key
from device.errors import StoreError, UsageError
from device.evidence.chained_archive import sums_of
from device.evidence.device_key import PUBLIC
from device.evidence.ledger import FILE_NAME, parse_line, read_chain, written

_FILES: Final = "files/"
_CHAIN, _KEY, _README, _INDEX = "chain.jsonl", "device-key.pub", "README.txt", "index.html"
MAX_BYTES: Final = 4 << 30
"""A package that claims to be larger is no package of ours."""
_EXPLANATION: Final = """Evidence of one event, as the device {device} recorded it.

files/            the clip, the stills and the messages of the event (events.jsonl), as they were when it was complete
chain.jsonl       the device's chain from the link that seals these files up to its last one, each signed
device-key.pub    the device's public key, fingerprint {fingerprint}

Event      {event_id}
Sealed as  link {n}, {time} by the device's clock
Head       link {head_n}, digest {head}

To check it: shopwarden verify THIS.zip --key {fingerprint}
Compare the fingerprint with what the owner wrote down at the installation, not with this file.

By hand: the SHA-256 of each file stands in the first line of chain.jsonl ("files"): sha256sum files/*
Each line's "link", as JSON with its keys sorted and without spaces, is what "signature" (base64, Ed25519) signs:
openssl pkeyutl -verify -pubin -inkey device-key.pub -rawin -in LINK -sigfile SIGNATURE
Each link names the SHA-256 of the link before it ("before"), so that none can be taken out or put in later.

What it proves: these files are what that device sealed then, and nothing was changed since. What it does not: that the
camera saw the truth, or that the device's clock was right. A person decides what the pictures mean.
"""


def export(state_dir: Path, event_id: str, out: Path) -> str:
    """Write the package of an event; the fingerprint of the key that vouches for it.

    Raises:
        UsageError: there is no such evidence.
        StoreError: it cannot be read or written, or is not what was sealed.
    """
    folder = state_dir / "evidence" / event_id
    if "/" in event_id or not folder.is_dir():
        raise UsageError(f"{event_id}: there is no evidence of it; a clip that two events share lies with the first")
    links = read_chain(state_dir / FILE_NAME)
    sealed = sealed_in(links, event_id)
    if sealed is None:
        raise StoreError(f"{event_id}: is not complete yet, or its link is missing from the chain")
    segment = [it for it in links if it.link.n >= sealed.link.n]
    try:
        if wrong := differences(sealed.link, sums_of(folder)):
            raise StoreError(f"{event_id}: {wrong[0]} since it was sealed")
        public = (state_dir / PUBLIC).read_bytes()
        fingerprint = fingerprint_of(_key(public, str(state_dir / PUBLIC)))
        _write(out, folder, segment, public, _explanation(segment, fingerprint))
    except OSError as error:
        raise StoreError(f"{error.filename or out}: {error.strerror}") from error
    return fingerprint


def _write(out: Path, folder: Path, segment: Sequence[Signed], public: bytes, explanation: str) -> None:
    partial = out.with_name(out.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as package:
            for name in segment[0].link.files:
                package.write(folder / name, _FILES + name)
            package.writestr(_CHAIN, b"".join(written(it) for it in segment))
            package.writestr(_KEY, public)
            package.writestr(_README, explanation)
            package.writestr(_INDEX, _page(segment, explanation))
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def _explanation(segment: Sequence[Signed], fingerprint: str) -> str:
    link, head = segment[0].link, segment[-1].link
    return _EXPLANATION.format(
        device=link.device, fingerprint=fingerprint, event_id=link.event_id, n=link.n, time=link.time, head_n=head.n,
        head=head.digest,
    )  # fmt: skip


def _page(segment: Sequence[Signed], explanation: str) -> str:
    """Without a script and without anything from elsewhere."""
    shown = []
    for name in segment[0].link.files:
        safe = html.escape(name, quote=True)
        if name.endswith(".mp4"):
            shown.append(f'<video controls src="files/{safe}"></video>')
        elif name.endswith(".jpg"):
            shown.append(f'<figure><img src="files/{safe}" alt=""><figcaption>{safe}</figcaption></figure>')
    style = "body{font:16px sans-serif;max-width:60em;margin:2em auto}img,video{max-width:100%}"
    style += "pre{white-space:pre-wrap}"
    body = (
        f"<h1>Event {html.escape(segment[0].link.event_id)}</h1>{''.join(shown)}<pre>{html.escape(explanation)}</pre>"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Evidence</title><style>{style}</style>'
        f"{body}</html>"
    )


def verify(package: Path, key: str | None) -> list[str]:
    """Check a package; what is wrong, each in a line, and nothing where all is well.

    Args:
        package: the ZIP.
        key: a file with the public key, or its fingerprint; None believes the key inside, which proves nothing of whose
            it is.

    Raises:
        UsageError: it cannot be read, or is no package of evidence.
    """
    try:
        with zipfile.ZipFile(package) as archive:
            if sum(it.file_size for it in archive.infolist()) > MAX_BYTES:
                raise UsageError(f"{package}: larger than {MAX_BYTES >> 30} GiB")
            return _faults(archive, key)
    except OSError as error:
        raise UsageError(f"{package}: {error.strerror}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise UsageError(f"{package}: is no package of evidence, or was cut short: {error}") from error


def _faults(archive: zipfile.ZipFile, key: str | None) -> list[str]:
    damaged = _damaged(archive)
    if unread := sorted(damaged & {_KEY, _CHAIN}):
        return [f"{name} was changed" for name in unread]
    public = _key(archive.read(_KEY), _KEY)
    links = [parse_line(line) for line in archive.read(_CHAIN).splitlines()]
    if not links:
        raise ValueError("its chain is empty")
    found = _doubts_about(public, key)
    found += faults(links, TrustedKey(fingerprint_of(public), public).signed)
    names = [name for name in archive.namelist() if name.startswith(_FILES)]
    if len(set(archive.namelist())) != len(archive.namelist()):
        found.append("a file stands in it twice")
    there = {name.removeprefix(_FILES): "" if name in damaged else _sum(archive, name) for name in names}
    if links[0].link.kind != "sealed":
        return [*found, f"link {links[0].link.n} seals nothing"]
    found += differences(links[0].link, there)
    return [*found, *_other_words(archive, damaged, links, fingerprint_of(public))]


def _damaged(archive: zipfile.ZipFile) -> set[str]:
    """What does not fit its own checksum."""
    found = set()
    for it in archive.infolist():
        try:
            _sum(archive, it.filename)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            found.add(it.filename)
    return found


def _other_words(
    archive: zipfile.ZipFile, damaged: set[str], links: Sequence[Signed], fingerprint: str
) -> Iterator[str]:
    """What explains the evidence and is not as it follows from the chain: a page may show what never was.

    Nobody signs these words. A later version that writes others must know those of the versions before it.
    """
    text = _explanation(links, fingerprint)
    words = {_README: text, _INDEX: _page(links, text)}
    there = set(archive.namelist())
    for name, wanted in words.items():
        if name not in there:
            yield f"{name} is missing"
        elif name in damaged or archive.read(name) != wanted.encode("utf-8"):
            yield f"{name} was changed"
    known = {*words, _KEY, _CHAIN}
    yield from (f"{name} is not of this package" for name in sorted(there - known) if not name.startswith(_FILES))


def _doubts_about(public: Ed25519PublicKey, key: str | None) -> list[str]:
    if key is None:
        return []
    is_print = len(key) == FINGERPRINT_CHARACTERS and all(it in "0123456789abcdef" for it in key.lower())
    wanted = key.lower() if is_print else read_trusted_key(Path(key)).fingerprint
    return [] if fingerprint_of(public) == wanted else [f"it was signed by {fingerprint_of(public)}, not by {wanted}"]


def _sum(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        digest = hashlib.sha256()
        for part in iter(lambda: file.read(io.DEFAULT_BUFFER_SIZE * 16), b""):
            digest.update(part)
        return digest.hexdigest()


def _key(pem: bytes, name: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{name}: holds no public key of a known kind") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{name}: is a key of another kind than Ed25519")
    return key
