"""``shopwarden restore``: puts a backup in place of what is there, all of it or nothing. Writes no backup."""

import ctypes
import errno
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Final, cast

from device.backup import CONFIG, DB, FORMAT, MANIFEST, MEMBER, PINS, Summed
from device.config import load_config
from device.config.panel import pins_file
from device.control import service_answers
from device.errors import ShopwardenError, StoreError, UsageError
from device.sealed import Opening
from device.store.upgrade import SCHEMA_VERSION, is_foreign, version_of
from device.whole_file import replace_file

_SMALL: Final = 16 << 20
"""A manifest or a file of PINs that claims to be larger is none of ours."""
_AT_FDCWD, _EXCHANGE = -100, 2
"""Of renameat2(2)."""


def restore(archive_file: Path, config_file: Path, passphrase: str) -> str:
    """Put a backup in place of what is there; what was there stays beside it. Nothing is changed unless all is well.

    Raises:
        UsageError: another passphrase opens it, it is damaged, hostile or of a newer program, or the service runs.
        StoreError: it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=config_file.parent) as checked:
            _unpacked(archive_file, Path(checked), passphrase)
            config = load_config(Path(checked) / CONFIG)
            state_dir = config.device.state_dir
            if service_answers(state_dir):
                raise UsageError(f"the service runs on {state_dir}: systemctl stop shopwarden, then call again")
            aside = _swap(Path(checked) / "state", state_dir)
            pins = Path(checked) / PINS
            if pins.exists():
                replace_file(pins_file(config), pins.read_bytes())
            replace_file(config_file, (Path(checked) / CONFIG).read_bytes(), mode=0o640)
    except OSError as error:
        raise StoreError(f"{error.filename or archive_file}: {error.strerror or error}") from error
    kept = f"; what was there is in {aside}" if aside else ""
    return f"{config_file} and {state_dir} are as in {archive_file}{kept}"


def _unpacked(archive_file: Path, folder: Path, passphrase: str) -> None:
    """Write the members into an empty folder, and hold each against the manifest."""
    sums: dict[str, str] = {}
    try:
        with archive_file.open("rb") as file:
            opening = Opening(file, passphrase, str(archive_file))
            with tarfile.open(fileobj=cast("IO[bytes]", opening), mode="r|") as archive:
                for info in archive:
                    _check_member(archive_file, info, sums)
                    sums[info.name] = _extract(archive, info, folder / info.name)
            # What lies behind the archive's end is checked too: a file cut short there is not the one that was written.
            while opening.read(1 << 20):
                pass
        manifest = json.loads((folder / MANIFEST).read_bytes())
        wanted, schema = dict(manifest["files"]), int(manifest["schema"])
        if manifest["format"] != FORMAT or schema > SCHEMA_VERSION:
            raise UsageError(f"{archive_file}: was made by a newer Shopwarden ({manifest['program']}): install that")
    except (tarfile.TarError, KeyError, TypeError, ValueError, EOFError, FileNotFoundError) as error:
        raise UsageError(f"{archive_file}: is no backup, or was cut short: {error}") from error
    sums.pop(MANIFEST)
    if wrong := sorted(name for name in wanted.keys() | sums.keys() if wanted.get(name) != sums.get(name)):
        raise UsageError(f"{archive_file}: {wrong[0]} is damaged or missing")
    if not {CONFIG, DB} <= sums.keys():
        raise UsageError(f"{archive_file}: holds no configuration or no store")
    _check_store(archive_file, folder / DB)


def _check_member(archive_file: Path, info: tarfile.TarInfo, known: dict[str, Any]) -> None:
    """Only plain files, by the names that a backup has, each once."""
    plain = info.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
    if not plain or not MEMBER.fullmatch(info.name) or ".." in info.name or info.name in known:
        raise UsageError(f"{archive_file}: {info.name[:80]!r} is in no backup of ours: it was not made by this program")
    if info.name in (MANIFEST, CONFIG, PINS) and info.size > _SMALL:
        raise UsageError(f"{archive_file}: {info.name} is too large")


def _extract(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> str:
    file = archive.extractfile(info)
    if file is None:
        raise tarfile.ReadError(f"{info.name} cannot be read")
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    summed = Summed(file)
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
    """Put a folder in place of another once it lies beside it; where the other is now.

    Both names change in one step, so that a cut of power leaves the one or the other in place, never none.
    """
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
        _exchange(beside, state_dir)
        beside.rename(aside)
    except shutil.Error as error:
        raise ShopwardenError(f"{beside}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return aside


def _exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step, by renameat2(2); by three where the file system cannot."""
    names = os.fsencode(one), os.fsencode(other)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) == 0:
        return
    number = ctypes.get_errno()
    if number not in (errno.EINVAL, errno.ENOSYS):
        raise OSError(number, os.strerror(number), str(other))
    away = other.with_name(f"{one.name}.away")
    other.rename(away)
    try:
        one.rename(other)
    except OSError:
        away.rename(other)
        raise
    away.rename(one)
