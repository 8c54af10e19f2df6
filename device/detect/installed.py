"""The model bundles of one device: which versions are here, and which one is used. Does not run a model.

::

    STATE_DIR/models/NAME/VERSION.zip      every version that can be gone back to, signed as it came
    STATE_DIR/models/NAME/installed.json   which one is used, the highest ever installed, all that ever were
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from device.core.manifest import NAME, Manifest
from device.detect.bundle import Bundle, read_bundle
from device.detect.keys import read_trusted_keys
from device.errors import ModelError, StoreError, UsageError

KEPT_VERSIONS = 4
"""Of one name: the one in use and those to go back to. A detector is about 4 MB."""
_LEDGER = "installed.json"
_LEDGER_VERSION = 1

Trial = Callable[[Bundle], None]
"""Runs the model of a bundle once, and raises ``ModelError`` where this device cannot."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was installed under one name."""

    active: int
    highest: int
    """No bundle with a version up to this one is installed again."""
    kept: tuple[int, ...]
    """Versions that lie here, the newest last."""


class InstalledModels:
    """The bundles below one folder; commands may run beside a daemon that reads."""

    def __init__(self, folder: Path, key_files: Sequence[Path]) -> None:
        """Name the folder; nothing is read or made yet, so a missing key harms nobody who has no bundles.

        Args:
            folder: ``models`` in the state directory.
            key_files: public keys whose signatures count.
        """
        self._folder = folder
        self._key_files = tuple(key_files)

    def names(self) -> list[str]:
        """What is installed."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{_LEDGER}"))

    def ledger(self, name: str) -> Ledger | None:
        """What was installed under a name, or None.

        Raises:
            ModelError: the ledger is damaged.
        """
        return _read_ledger(self._folder / name / _LEDGER) if NAME.fullmatch(name) else None

    def verify(self, path: Path) -> Bundle:
        """Read a bundle from outside.

        Raises:
            ModelError: it is not to be believed.
            UsageError: no key is trusted, or one cannot be read.
        """
        if not self._key_files:
            raise UsageError(f"{path}: no key is trusted; name the .pub file by --key or in detector.trusted_keys")
        return self._read(path)

    def install(self, bundle: Bundle, trial: Trial) -> None:
        """Take a bundle into use, wholly or not at all.

        Args:
            bundle: what ``verify`` gave.
            trial: is asked before anything is written.

        Raises:
            ModelError: it is older than what was here, or does not run here.
            StoreError: the folder cannot be written.
        """
        manifest = bundle.manifest
        with self._only_one(manifest.name) as folder:
            ledger = _read_ledger(folder / _LEDGER)
            _refuse_older(bundle.path, manifest, ledger)
            trial(bundle)
            _write_durably(folder / f"{manifest.version}.zip", bundle.content)
            kept = _kept(ledger, manifest.version)
            _write_ledger(folder / _LEDGER, Ledger(manifest.version, manifest.version, kept))
            _drop_others(folder, kept)

    def roll_back(self, name: str, version: int | None) -> int:
        """Use a version that was installed here before.

        Args:
            name: of the model.
            version: which; None for the one before the one in use.

        Returns:
            The version now in use.

        Raises:
            ModelError: there is no such version here, or it is damaged.
            UsageError: nothing of that name was ever installed here.
        """
        if self.ledger(name) is None:
            known = ", ".join(self.names()) or "none"
            raise UsageError(f"no model {name!r} was installed here; installed: {known}")
        with self._only_one(name) as folder:
            ledger = _read_ledger(folder / _LEDGER)
            if ledger is None:
                raise UsageError(f"no model {name!r} is installed here")
            chosen = _chosen(name, ledger, version)
            self._bundle(name, chosen)
            _write_ledger(folder / _LEDGER, replace(ledger, active=chosen))
        return chosen

    def find(self, name: str, tell: Callable[[str], None]) -> Path | None:
        """The bundle to use under a name, its signature checked anew; None where nothing is installed.

        A damaged one gives way to the newest before it that is whole.

        Args:
            name: as the configuration says.
            tell: is told of each version that was passed over, and why.

        Raises:
            ModelError: none of them can be used.
        """
        ledger = self.ledger(name)
        if ledger is None:
            return None
        last: ModelError | None = None
        for version in [ledger.active, *(v for v in reversed(ledger.kept) if v < ledger.active)]:
            try:
                return self._bundle(name, version).path
            except ModelError as error:
                last = error
                tell(str(error))
        raise ModelError(f"{last}; install a bundle of {name} again") from last

    def _bundle(self, name: str, version: int) -> Bundle:
        bundle = self._read(self._folder / name / f"{version}.zip")
        if (bundle.manifest.name, bundle.manifest.version) != (name, version):
            raise ModelError(f"{bundle.path}: is {bundle.manifest}, not {name} version {version}")
        return bundle

    def _read(self, path: Path) -> Bundle:
        return read_bundle(path, read_trusted_keys(self._key_files))

    @contextlib.contextmanager
    def _only_one(self, name: str) -> Iterator[Path]:
        """The folder of a name, while no other command changes it."""
        folder = self._folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)
            with (folder / ".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield folder
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written: {error.strerror}; run as the service's user") from error


def _refuse_older(path: Path, manifest: Manifest, ledger: Ledger | None) -> None:
    if ledger is None or manifest.version > ledger.highest:
        return
    todo = f"'shopwarden model rollback {manifest.name}' goes back to versions that were installed here"
    raise ModelError(f"{path}: {manifest} is not newer than version {ledger.highest}, which was installed here; {todo}")


def _kept(ledger: Ledger | None, version: int) -> tuple[int, ...]:
    """The new one, the one in use until now, and the newest of the others."""
    if ledger is None:
        return (version,)
    others = [kept for kept in ledger.kept if kept != ledger.active]
    return (*sorted([*others[-(KEPT_VERSIONS - 2) :], ledger.active]), version)


def _chosen(name: str, ledger: Ledger, version: int | None) -> int:
    others = [kept for kept in ledger.kept if kept != ledger.active]
    earlier = [kept for kept in others if kept < ledger.active]
    chosen = version if version is not None else max(earlier, default=None)
    if chosen is None:
        raise ModelError(f"{name} version {ledger.active} is in use and no earlier one is here to go back to")
    if chosen not in ledger.kept:
        here = ", ".join(str(kept) for kept in ledger.kept)
        raise ModelError(f"{name} version {chosen} was not installed here, or long ago; here are: {here}")
    return chosen


def _read_ledger(path: Path) -> Ledger | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["v"] != _LEDGER_VERSION:
            raise ValueError(f"version {raw['v']}")
        return Ledger(int(raw["active"]), int(raw["highest"]), tuple(int(version) for version in raw["kept"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: cannot be read ({error}); delete its folder and install again") from error


def _write_ledger(path: Path, ledger: Ledger) -> None:
    raw = {"v": _LEDGER_VERSION, "active": ledger.active, "highest": ledger.highest, "kept": list(ledger.kept)}
    _write_durably(path, (json.dumps(raw) + "\n").encode())


def _write_durably(path: Path, content: bytes) -> None:
    """The old file or the new one, whenever the power fails."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop_others(folder: Path, kept: Sequence[int]) -> None:
    wanted = {f"{version}.zip" for version in kept}
    for path in [*folder.glob("*.zip"), *folder.glob("*.part")]:
        if path.name not in wanted:
            path.unlink(missing_ok=True)
