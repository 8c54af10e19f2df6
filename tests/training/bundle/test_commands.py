"""Keys, bundles and signatures, as a trainer makes them and a device takes them."""

import stat
import zipfile
from pathlib import Path

import pytest

from device.cli import main as device_main
from device.core.manifest import manifest_from_json
from tests.detect.models import GENERAL_320
from tests.house.test_no_strangers import files
from training.bundle.pack import pack
from training.cli import main


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key pair."""
    assert main(["keygen", "--out", str(tmp_path / "trainer.key")]) == 0
    return tmp_path / "trainer.key"


def bundle(tmp_path: Path, *more: str, version: str = "1") -> Path:
    """A bundle of a shipped model."""
    out = tmp_path / "goods.zip"
    assert main(["bundle", str(GENERAL_320), "--version", version, "--out", str(out), *more]) == 0
    return out


def on_device(action: str, path: Path, key: Path) -> int:
    """Call the device's command."""
    place = ["--state-dir", str(path.parent / "state"), "--key", str(key.with_suffix(".pub"))]
    return device_main(["model", action, str(path), *place])


def test_a_key_is_for_its_owner_alone(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody else may read it, and it is never overwritten."""
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert main(["keygen", "--out", str(key)]) == 2
    assert "not overwritten" in capsys.readouterr().err
    key.unlink()
    assert main(["keygen", "--out", str(key)]) == 2
    assert b"PRIVATE" in before
    assert b"PRIVATE" not in key.with_suffix(".pub").read_bytes()


def test_what_is_bundled_here_is_installed_there(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Signed at once, named anew."""
    path = bundle(tmp_path, "--key", str(key), "--name", "goods")
    assert on_device("verify", path, key) == 0
    assert "goods version 1" in capsys.readouterr().out
    assert on_device("install", path, key) == 0


def test_signing_later(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Packed without a key it is refused; signed where the key is it is taken; signed once more as well."""
    path = bundle(tmp_path)
    assert on_device("verify", path, key) == 1
    assert "not signed" in capsys.readouterr().err
    for _ in range(2):
        assert main(["sign", str(path), "--key", str(key)]) == 0
        assert on_device("verify", path, key) == 0


def test_the_public_half_signs_nothing(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Others may read it, and that is right: the call is wrong, not the rights of the file."""
    path = bundle(tmp_path)
    assert main(["sign", str(path), "--key", str(key.with_suffix(".pub"))]) == 2
    assert "the public half" in capsys.readouterr().err


def test_the_same_model_gives_the_same_bundle() -> None:
    """Byte by byte, at the same time."""
    again = [pack(GENERAL_320, name="", version=3, created_s=1e9) for _ in range(2)]
    assert again[0] == again[1]
    assert b'"created": "2001-09-09T01:46:40Z"' in again[0]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["bundle", "none.tflite", "--version", "1", "--out", "b.zip"], 1, "cannot be read"),
        (["bundle", str(GENERAL_320), "--version", "0", "--out", "b.zip"], 2, "version cannot be '0'"),
        (["bundle", str(GENERAL_320), "--version", "1", "--name", "../x", "--out", "b.zip"], 2, "name cannot be"),
        (["bundle", str(GENERAL_320), "--version", "1", "--runtime", "tpu", "--out", "b.zip"], 2, "runtime tpu"),
        (["bundle", str(GENERAL_320), "--version", "1", "--key", "none.key", "--out", "b.zip"], 2, "cannot be read"),
        (["bundle", str(GENERAL_320), "--version", "1", "--key", "open.key", "--out", "b.zip"], 2, "chmod 600"),
        (["bundle", str(GENERAL_320), "--version", "1", "--key", "text.key", "--out", "b.zip"], 2, "no private key"),
        (["bundle", str(GENERAL_320), "--version", "1", "--out", "text.key/b.zip"], 1, "cannot be written"),
        (["sign", "text.key", "--key", "trainer.key"], 1, "not a model bundle"),
        (["sign", "none.zip", "--key", "trainer.key"], 1, "cannot be read"),
        (["keygen", "--out", "t.pub"], 2, "for the public half"),
    ],
)
def test_what_goes_wrong_is_one_line(
    tmp_path: Path,
    key: Path,
    arguments: list[str],
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What, where, what to do."""
    monkeypatch.chdir(tmp_path)
    Path("open.key").write_bytes(key.read_bytes())
    Path("open.key").chmod(0o644)
    Path("text.key").write_text("hello", encoding="utf-8")
    Path("text.key").chmod(0o600)
    capsys.readouterr()
    assert main(arguments) == status
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_the_manifest_tells_what_is_inside(tmp_path: Path) -> None:
    """Any zip tool shows it."""
    with zipfile.ZipFile(bundle(tmp_path, "--runtime", "ai-edge-litert", version="7")) as archive:
        manifest = manifest_from_json(archive.read("manifest.json").decode())
    assert (manifest.name, manifest.version, manifest.runtimes) == ("general-320", 7, ("ai-edge-litert",))
    assert "320x320 px" in manifest.summary


def test_no_private_key_is_in_the_project() -> None:
    """Keys stay with who made them."""
    marks = [b"BEGIN " + kind + b"PRIVATE KEY-----\nM" for kind in (b"", b"EC ", b"RSA ", b"ENCRYPTED ")]
    assert [path for path in files() if any(mark in path.read_bytes() for mark in marks)] == []
