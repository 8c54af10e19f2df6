"""``shopwarden backup``: all that makes this device itself, in one sealed file. Puts nothing back."""

import hashlib
import io
import json
import os
import re
import secrets
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Final, cast

from device import __version__
from device.config import load_config
from device.config.panel import pins_file
from device.errors import StoreError, UsageError
from device.recorder.folder_archive import MARK
from device.sealed import Sealing, Source
from device.store.errors import store_errors
from device.store.store import FILE_NAME
from device.store.upgrade import version_of

FORMAT: Final = 1
MANIFEST, CONFIG, PINS, DB = "manifest.json", "config.toml", "panel-pins", f"state/{FILE_NAME}"
_PLAIN: Final = ("web-users", "web-certificate.pem")
_KEYS: Final = ("web-secret", "web-certificate.key", "device-key.pem", "device-key.pub", "chain.jsonl")
"""What makes the device itself; the chain cannot go on without the key that signs it."""
MEMBER: Final = re.compile(r"manifest\.json|config\.toml|panel-pins|state(/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){1,4}")


class Summed:
    """A file whose bytes are summed as they are read."""

    def __init__(self, file: Source) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As the file does."""
        data = self._file.read(size)
        self._digest.update(data)
        return data

    @property
    def sum(self) -> str:
        """SHA-256 of what was read."""
        return self._digest.hexdigest()


def backup(config_file: Path, out: Path, passphrase: str, *, files: bool = False, keys: bool = True) -> int:
    """Write the backup, whether the service runs or not; the number of files in it. The file is whole or not there.

    Raises:
        UsageError: the passphrase is too short, or evidence is asked for without the keys that vouch for it.
        StoreError: something cannot be read or written.
    """
    if files and not keys:
        raise UsageError("--files with --without-keys: evidence is worth nothing without the chain that vouches for it")
    config = load_config(config_file)
    state_dir = config.device.state_dir
    partial = out.with_name(f"{out.name}.{secrets.token_hex(4)}.partial")
    try:
        with tempfile.TemporaryDirectory(dir=out.parent) as aside:
            snapshot, schema = _snapshot(state_dir / FILE_NAME, Path(aside))
            sums: dict[str, str] = {}
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                sealing = Sealing(file, passphrase)
                with tarfile.open(fileobj=cast("IO[bytes]", sealing), mode="w|") as archive:
                    found = [(CONFIG, config_file), (PINS, pins_file(config)), (DB, snapshot)]
                    found += [(f"state/{name}", state_dir / name) for name in (*_PLAIN, *(_KEYS if keys else ()))]
                    for name, path in (*found, *_trees(state_dir, files=files)):
                        _add(archive, name, path, sums)
                    manifest = {"format": FORMAT, "program": __version__, "schema": schema, "files": sums}
                    text = json.dumps(manifest | {"device": config.device.id}, indent=1, sort_keys=True).encode()
                    archive.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
                sealing.close()
                file.flush()
                os.fsync(file.fileno())
        partial.replace(out)
    except OSError as error:
        raise StoreError(f"{error.filename or out}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return len(sums)


def _snapshot(path: Path, folder: Path) -> tuple[Path, int]:
    """A copy of the store as it was at one moment, and its version."""
    copy = folder / "store"
    if not path.exists():
        raise StoreError(f"{path}: there is no store yet: start the service once")
    with (
        store_errors(path),
        closing(sqlite3.connect(path, timeout=5.0)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        return copy, version_of(target)


def _trees(state_dir: Path, *, files: bool) -> Iterator[tuple[str, Path]]:
    """Installed models, and evidence where it is asked for: events that are being written are left out."""
    for folder in ("models", "evidence") if files else ("models",):
        for path in sorted((state_dir / folder).rglob("*")):
            name = f"state/{path.relative_to(state_dir).as_posix()}"
            whole = folder == "models" or not any(path.parent.glob(f"*{MARK}"))
            if path.is_file() and not path.is_symlink() and whole and MEMBER.fullmatch(name):
                yield name, path


def _add(archive: tarfile.TarFile, name: str, path: Path, sums: dict[str, str]) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        # Not every device has every file, and retention may have been faster.
        return
    with file:
        summed = Summed(file)
        archive.addfile(_member(name, os.fstat(file.fileno()).st_size), summed)
        sums[name] = summed.sum


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info
