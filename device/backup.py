"""``shopwarden backup`` and ``restore``: all that makes this device itself, in one file. Decides nothing else."""

import hashlib
import io
import json
import os
import re
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Final

from device import __version__
from device.config import load_config
from device.config.panel import pins_file
from device.control import CONTROL_NAME, connect
from device.errors import ShopwardenError, StoreError, UsageError
from device.recorder.folder_archive import MARK
from device.store.errors import store_errors
from device.store.store import FILE_NAME
from device.store.upgrade import SCHEMA_VERSION, is_foreign, version_of
from device.whole_file import replace_file

FORMAT: Final = 1
_MANIFEST, _CONFIG, _PINS, _DB = "manifest.json", "config.toml", "panel-pins", f"state/{FILE_NAME}"
_PLAIN: Final = ("web-users", "web-certificate.pem")
_KEYS: Final = ("web-secret", "web-certificate.key", "device-key.pem", "device-key.pub", "chain.jsonl")
"""What makes the device itself; the chain cannot go on without the key that signs it."""
_MEMBER: Final = re.compile(r"manifest\.json|config\.toml|panel-pins|state(/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){1,4}")
_SMALL: Final = 16 << 20
"""A manifest or a file of PINs that claims to be larger is none of ours."""


class _Summed:
    """A file whose bytes are summed as they are read."""

    def __init__(self, file: IO[bytes]) -> None:
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


def backup(config_file: Path, out: Path, *, files: bool = False, keys: bool = True) -> int:
    """Write the backup, whether the service runs or not; the number of files in it. The file is whole or not there.

    Raises:
        UsageError: evidence is asked for without the keys that vouch for it.
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
                with tarfile.open(fileobj=file, mode="w") as archive:
                    found = [(_CONFIG, config_file), (_PINS, pins_file(config)), (_DB, snapshot)]
                    found += [(f"state/{name}", state_dir / name) for name in (*_PLAIN, *(_KEYS if keys else ()))]
                    for name, path in (*found, *_trees(state_dir, files=files)):
                        _add(archive, name, path, sums)
                    manifest = {"format": FORMAT, "program": __version__, "schema": schema, "files": sums}
                    text = json.dumps(manifest | {"device": config.device.id}, indent=1, sort_keys=True).encode()
                    archive.addfile(_member(_MANIFEST, len(text)), io.BytesIO(text))
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
            if path.is_file() and not path.is_symlink() and whole and _MEMBER.fullmatch(name):
                yield name, path


def _add(archive: tarfile.TarFile, name: str, path: Path, sums: dict[str, str]) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        # Not every device has every file, and retention may have been faster.
        return
    with file:
        summed = _Summed(file)
        archive.addfile(_member(name, os.fstat(file.fileno()).st_size), summed)
        sums[name] = summed.sum


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def restore(archive_file: Path, config_file: Path) -> str:
    """Put a backup in place of what is there; what was there stays beside it. Nothing is changed unless all is well.

    Raises:
        UsageError: it is damaged, hostile or of a newer program, or the service runs.
        StoreError: it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=config_file.parent) as checked:
            _unpacked(archive_file, Path(checked))
            config = load_config(Path(checked) / _CONFIG)
            state_dir = config.device.state_dir
            if connect_if_there(state_dir):
                raise UsageError(f"the service runs on {state_dir}: systemctl stop shopwarden, then call again")
            aside = _swap(Path(checked) / "state", state_dir)
            pins = Path(checked) / _PINS
            if pins.exists():
                replace_file(pins_file(config), pins.read_bytes())
            replace_file(config_file, (Path(checked) / _CONFIG).read_bytes(), mode=0o640)
    except OSError as error:
        raise StoreError(f"{error.filename or archive_file}: {error.strerror or error}") from error
    kept = f"; what was there is in {aside}" if aside else ""
    return f"{config_file} and {state_dir} are as in {archive_file}{kept}"


def connect_if_there(state_dir: Path) -> bool:
    """Whether a service answers in that folder."""
    connection = connect(state_dir / CONTROL_NAME) if state_dir.is_dir() else None
    if connection is not None:
        connection.close()
    return connection is not None


def _unpacked(archive_file: Path, folder: Path) -> None:
    """Write the members into an empty folder, and hold each against the manifest."""
    sums: dict[str, str] = {}
    try:
        with tarfile.open(archive_file, mode="r:") as archive:
            for info in archive:
                _check_member(archive_file, info, sums)
                sums[info.name] = _extract(archive, info, folder / info.name)
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        wanted, schema = dict(manifest["files"]), int(manifest["schema"])
        if manifest["format"] != FORMAT or schema > SCHEMA_VERSION:
            raise UsageError(f"{archive_file}: was made by a newer Shopwarden ({manifest['program']}): install that")
    except (tarfile.TarError, KeyError, TypeError, ValueError, EOFError, FileNotFoundError) as error:
        raise UsageError(f"{archive_file}: is no backup, or was cut short: {error}") from error
    sums.pop(_MANIFEST)
    if wrong := sorted(name for name in wanted.keys() | sums.keys() if wanted.get(name) != sums.get(name)):
        raise UsageError(f"{archive_file}: {wrong[0]} is damaged or missing")
    if not {_CONFIG, _DB} <= sums.keys():
        raise UsageError(f"{archive_file}: holds no configuration or no store")
    _check_store(archive_file, folder / _DB)


def _check_member(archive_file: Path, info: tarfile.TarInfo, known: dict[str, Any]) -> None:
    """Only plain files, by the names that a backup has, each once."""
    plain = info.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
    if not plain or not _MEMBER.fullmatch(info.name) or ".." in info.name or info.name in known:
        raise UsageError(f"{archive_file}: {info.name[:80]!r} is in no backup of ours: it was not made by this program")
    if info.name in (_MANIFEST, _CONFIG, _PINS) and info.size > _SMALL:
        raise UsageError(f"{archive_file}: {info.name} is too large")


def _extract(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> str:
    file = archive.extractfile(info)
    if file is None:
        raise tarfile.ReadError(f"{info.name} cannot be read")
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    summed = _Summed(file)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(summed, out)
        out.flush()
        os.fsync(out.fileno())
    return summed.sum


def _check_store(archive_file: Path, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        try:
            if is_foreign(db) or db.execute("pragma quick_check(1)").fetchone()[0] != "ok":
                raise UsageError(f"{archive_file}: its store is damaged or another program's")
            if version_of(db) > SCHEMA_VERSION:
                raise UsageError(f"{archive_file}: its store is of a newer Shopwarden: install that")
        except sqlite3.Error as error:
            raise UsageError(f"{archive_file}: its store is damaged: {error}") from error


def _swap(new: Path, state_dir: Path) -> Path | None:
    """Put a folder in place of another, by names alone once it lies beside it; where the other is now."""
    mark = secrets.token_hex(4)
    beside, aside = (state_dir.with_name(f"{state_dir.name}.{word}-{mark}") for word in ("restoring", "before"))
    state_dir.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copytree(new, beside)
        if os.geteuid() == 0 and state_dir.exists():
            owner = state_dir.stat()
            for path in (beside, *beside.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid)
        os.sync()
        if not state_dir.exists():
            beside.rename(state_dir)
            return None
        beside.chmod(state_dir.stat().st_mode & 0o777)
        state_dir.rename(aside)
        try:
            beside.rename(state_dir)
        except OSError:
            aside.rename(state_dir)
            raise
    except shutil.Error as error:
        raise ShopwardenError(f"{beside}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return aside
