"""The device's chain on disk, a link a line, appended and synced. Knows no archive."""

import base64
import contextlib
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import structlog

from device.core.chain import NOTHING, Link, LinkKind, Signed, read_link
from device.errors import StoreError
from device.evidence.device_key import DeviceKey
from device.recorder.growing import sync_folder

log = structlog.get_logger(__name__)

FILE_NAME: Final = "chain.jsonl"


class Ledger:
    """May be called from any thread."""

    def __init__(self, state_dir: Path, key: DeviceKey, device: str) -> None:
        """Go on where the file ends; a line that a power cut left unfinished is taken away.

        Raises:
            StoreError: it cannot be read, or a line of it is damaged.
        """
        self._path, self._key, self._device = state_dir / FILE_NAME, key, device
        # Guards the file, and who may change the head.
        self._lock = threading.Lock()
        links = read_chain(self._path, mend=True)
        self._head = (links[-1].link.n, links[-1].link.digest) if links else (0, NOTHING)
        self._good_bytes = self._path.stat().st_size if links else 0

    @property
    def head(self) -> tuple[int, str]:
        """Number and digest of the last link; 0 and zeros before the first. Waits for nobody: a siren asks too."""
        return self._head

    def append(self, kind: LinkKind, event_id: str, files: Mapping[str, str], time: str) -> Link:
        """Add a link; it is on disk when this returns.

        Raises:
            StoreError: it is not.
        """
        with self._lock:
            n, digest = self._head
            link = Link(
                n=n + 1, before=digest, kind=kind, device=self._device, event_id=event_id, time=time,
                files=dict(files),
            )  # fmt: skip
            line = written(Signed(link, self._key.sign(link.text)))
            try:
                self._write(line)
            except OSError as error:
                raise StoreError(f"{self._path}: {error.strerror}") from error
            self._head = (link.n, link.digest)
            return link

    def _write(self, line: bytes) -> None:
        """Append a line, or nothing: half of one, as a full disk leaves it, would spoil the next."""
        is_new = not self._path.exists()
        with self._path.open("ab", buffering=0) as file:
            if os.fstat(file.fileno()).st_size > self._good_bytes:
                file.truncate(self._good_bytes)
            rest = memoryview(line)
            try:
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                # Where this fails as well, the next link takes it away.
                with contextlib.suppress(OSError):
                    file.truncate(self._good_bytes)
                raise
        if is_new:
            sync_folder(self._path.parent)
        self._good_bytes += len(line)


def written(signed: Signed) -> bytes:
    """A link as a line of the file."""
    document = {"link": asdict(signed.link), "signature": base64.b64encode(signed.signature).decode("ascii")}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def parse_line(line: bytes) -> Signed:
    """Read such a line.

    Raises:
        ValueError: it is none.
    """
    document: Any = json.loads(line)
    if not isinstance(document, dict) or not isinstance(document.get("signature"), str):
        raise ValueError("no link of a chain")
    return Signed(read_link(document.get("link")), base64.b64decode(document["signature"], validate=True))


def read_chain(path: Path, *, mend: bool = False) -> list[Signed]:
    """All links of a file, oldest first; none where there is no file.

    Args:
        path: the file.
        mend: take away a last line that has no end.

    Raises:
        StoreError: it cannot be read, or a line of it is damaged; the message names the line.
    """
    try:
        data = path.read_bytes() if path.exists() else b""
        whole, _, rest = data.rpartition(b"\n")
        if rest and mend:
            with path.open("r+b") as file:
                file.truncate(len(data) - len(rest))
                os.fsync(file.fileno())
            log.warning("chain_mended", reason="its last link was not written to the end")
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    links = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            links.append(parse_line(line))
        except ValueError as error:
            raise StoreError(f"{path}:{number}: is no link: the chain was changed or the disk is damaged") from error
    return links
