"""The commands ``shopwarden model``: what is installed, what is refused, what can be gone back to."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from device.app import build_detector
from device.cli import main
from device.config import load_config
from device.detect import installed, shipped
from device.detect.catalogue import find_model
from device.detect.detector import NetworkDetector
from device.detect.installed import KEPT_VERSIONS, InstalledModels
from device.detect.load import read_model
from device.detect.shipped import find_shipped, shipped_names, shipped_sums
from device.errors import ModelError, UsageError
from tests.detect.bundles import OTHER_KEY, write_bundle, write_public
from tests.detect.models import GENERAL_320, GENERAL_416, MODELS


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    """The options that name a device."""
    key = write_public(tmp_path / "trainer.pub")
    return ["--state-dir", str(tmp_path / "state"), "--key", str(key)]


def models_of(tmp_path: Path) -> InstalledModels:
    """What is installed there."""
    return InstalledModels(tmp_path / "state" / "models", [tmp_path / "trainer.pub"])


def used(tmp_path: Path) -> str:
    """The file that the daemon would take for goods."""
    return find_model("goods", models_of(tmp_path)).name


def test_the_way_of_a_bundle(tmp_path: Path, place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Verified, installed, replaced by a newer one, gone back to and forward again."""
    first, second = (write_bundle(tmp_path / f"{n}.zip", n) for n in (1, 2))
    assert main(["model", "verify", str(first), *place]) == 0
    assert "goods version 1, a detector of 80 classes" in capsys.readouterr().out
    assert not (tmp_path / "state").exists()
    assert main(["model", "install", str(first), *place]) == 0
    assert used(tmp_path) == "1.zip"
    assert main(["model", "install", str(second), *place]) == 0
    assert used(tmp_path) == "2.zip"
    assert read_model(find_model("goods", models_of(tmp_path))).card.name == "general-320"
    assert main(["model", "rollback", "goods", *place]) == 0
    assert used(tmp_path) == "1.zip"
    assert main(["model", "rollback", str(second), *place]) == 0
    assert used(tmp_path) == "2.zip"


def test_an_older_one_is_refused(tmp_path: Path, place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Nor the same once more, nor after going back: an old bundle found somewhere brings no old fault."""
    for version in (3, 5):
        assert main(["model", "install", str(write_bundle(tmp_path / f"{version}.zip", version)), *place]) == 0
    assert main(["model", "rollback", "goods", *place]) == 0
    for version in (3, 4, 5):
        capsys.readouterr()
        assert main(["model", "install", str(write_bundle(tmp_path / "old.zip", version)), *place]) == 1
        said = capsys.readouterr().err
        assert f"version {version} is not newer than version 5" in said
        assert said.count("\n") == 1
    assert used(tmp_path) == "3.zip"


@pytest.mark.parametrize(("to", "words"), [([], "no earlier one is here"), (["--to", "7"], "was not installed here")])
def test_rollback_leads_only_to_what_was_here(
    tmp_path: Path, place: list[str], to: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither to nothing nor to a version of somebody else's."""
    main(["model", "install", str(write_bundle(tmp_path / "1.zip")), *place])
    capsys.readouterr()
    assert main(["model", "rollback", "goods", *to, *place]) == 1
    assert words in capsys.readouterr().err
    assert used(tmp_path) == "1.zip"


def test_a_bundle_that_never_was_here_is_no_way_back(tmp_path: Path, place: list[str]) -> None:
    """A newer one has to be installed."""
    main(["model", "install", str(write_bundle(tmp_path / "1.zip")), *place])
    assert main(["model", "rollback", str(write_bundle(tmp_path / "2.zip", 2)), *place]) == 1
    assert main(["model", "rollback", "bads", *place]) == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: write_bundle(path, key=OTHER_KEY), "not trusted here"),
        (lambda path: write_bundle(path, runtimes=("edge-tpu",)), "is for edge-tpu; this device runs"),
        (lambda path: write_bundle(path, labels=("person",)), "no detector of the classes"),
        (lambda path: path.write_bytes(b"no bundle"), "not a model bundle"),
        (lambda path: path.write_bytes(GENERAL_320.read_bytes()), "not a model bundle"),
        (lambda path: path.write_bytes(b""), "not a model bundle"),
    ],
)
def test_what_is_refused_leaves_no_trace(
    tmp_path: Path, place: list[str], make: object, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason in one line, and nothing installed."""
    path = tmp_path / "b.zip"
    make(path)  # type: ignore[operator]
    for action in ("verify", "install"):
        assert main(["model", action, str(path), *place]) == 1
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
    assert not list((tmp_path / "state").rglob("*.zip"))


def test_without_a_key_nothing_is_believed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And without a place nothing is installed."""
    path = write_bundle(tmp_path / "1.zip")
    assert main(["model", "verify", str(path)]) == 2
    assert "no key is trusted" in capsys.readouterr().err
    assert main(["model", "install", str(path), "--key", str(write_public(tmp_path / "t.pub"))]) == 2
    assert "which device?" in capsys.readouterr().err


def test_the_configuration_names_place_and_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the service itself reads them."""
    config = tmp_path / "shop.toml"
    config.write_text(
        f"""
        [device]
        id = "shop"
        state_dir = "{tmp_path / "state"}"
        [detector]
        model = "goods"
        trusted_keys = ["{write_public(tmp_path / "trainer.pub")}"]
        [[cameras]]
        id = "a"
        source = "file:clip.mp4"
        """,
        encoding="utf-8",
    )
    assert main(["check-config", str(config)]) == 2
    assert "no model is named 'goods'" in capsys.readouterr().err
    assert main(["model", "install", str(write_bundle(tmp_path / "1.zip")), "--config", str(config)]) == 0
    assert main(["check-config", str(config)]) == 0
    detector = build_detector(load_config(config))
    assert isinstance(detector, NetworkDetector)
    assert detector.card.name == "general-320"


def test_a_damaged_version_gives_way_to_the_one_before(tmp_path: Path, place: list[str]) -> None:
    """The last good model runs; with none left the reason is told."""
    for version in (1, 2):
        main(["model", "install", str(write_bundle(tmp_path / f"{version}.zip", version)), *place])
    folder = tmp_path / "state" / "models" / "goods"
    (folder / "2.zip").write_bytes((folder / "2.zip").read_bytes()[:-1])
    told: list[str] = []
    found = models_of(tmp_path).find("goods", told.append)
    assert found is not None
    assert found.name == "1.zip"
    assert "2.zip: cut short" in told[0]
    (folder / "1.zip").unlink()
    with pytest.raises(ModelError, match="install a bundle of goods again"):
        find_model("goods", models_of(tmp_path))


def test_an_exchanged_version_is_refused(tmp_path: Path, place: list[str]) -> None:
    """A signed bundle of another version under this one's name is not this one."""
    main(["model", "install", str(write_bundle(tmp_path / "2.zip", 2)), *place])
    write_bundle(tmp_path / "state" / "models" / "goods" / "2.zip", 1)
    with pytest.raises(ModelError, match="is goods version 1, not goods version 2"):
        find_model("goods", models_of(tmp_path))


def test_versions_kept_are_bounded(tmp_path: Path, place: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The card does not fill, and what ran until now is not thrown away."""
    models = models_of(tmp_path)
    for version in range(1, 9):
        models.install(models.verify(write_bundle(tmp_path / "b.zip", version)), lambda _: None)
        if version == 3:
            models.roll_back("goods", 1)
    folder = tmp_path / "state" / "models" / "goods"
    assert len(list(folder.glob("*.zip"))) == KEPT_VERSIONS
    models.roll_back("goods", 5)
    models.install(models.verify(write_bundle(tmp_path / "b.zip", 9)), lambda _: None)
    assert (folder / "5.zip").is_file()
    assert not list(folder.glob("*.part"))


def test_a_power_cut_leaves_the_old_one(tmp_path: Path, place: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundle is there but not yet noted: the old one is used, and installing again works."""
    main(["model", "install", str(write_bundle(tmp_path / "1.zip")), *place])

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(installed, "_write_ledger", cut)
        assert main(["model", "install", str(write_bundle(tmp_path / "2.zip", 2)), *place]) == 1
    assert used(tmp_path) == "1.zip"
    assert main(["model", "install", str(tmp_path / "2.zip"), *place]) == 0
    assert used(tmp_path) == "2.zip"


def test_killed_at_any_moment_there_is_a_model(tmp_path: Path, place: list[str]) -> None:
    """SIGKILL while installing again and again: what is used is always whole."""
    main(["model", "install", str(write_bundle(tmp_path / "1.zip")), *place])
    bundles = [str(write_bundle(tmp_path / f"{n}.zip", n)) for n in range(2, 8)]
    program = (
        "import sys; from device.cli import main; print('go', flush=True)\n"
        "for path in sys.argv[1].split(','): main(['model', 'install', path, *sys.argv[2:]])"
    )
    process = subprocess.Popen([sys.executable, "-c", program, ",".join(bundles), *place], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    assert read_model(find_model("goods", models_of(tmp_path))).card.kind == "detector"


def test_a_damaged_ledger_is_told(tmp_path: Path, place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Rather than forgetting which versions were here."""
    main(["model", "install", str(write_bundle(tmp_path / "1.zip")), *place])
    ledger = tmp_path / "state" / "models" / "goods" / "installed.json"
    ledger.write_text(json.dumps({"v": 1}), encoding="utf-8")
    capsys.readouterr()
    assert main(["model", "install", str(write_bundle(tmp_path / "2.zip", 2)), *place]) == 1
    assert "installed.json: cannot be read" in capsys.readouterr().err


def test_the_sums_of_shipped_models_are_up_to_date() -> None:
    """``make sums`` writes them."""
    assert sorted(shipped_sums()) == sorted(path.stem for path in MODELS.glob("*.tflite"))
    assert {name: find_shipped(name) is not None for name in shipped_names()} == dict.fromkeys(shipped_names(), True)


def test_a_changed_shipped_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file under its name is not what was shipped."""
    (tmp_path / "general-416.tflite").write_bytes(GENERAL_320.read_bytes())
    monkeypatch.setattr(shipped, "model_folders", lambda: (tmp_path,))
    with pytest.raises(ModelError, match="not the model that was shipped"):
        find_model("general-416")
    with pytest.raises(UsageError, match="there are: general-416"):
        find_model("general-999")
    assert find_model(str(GENERAL_416)) == GENERAL_416


def test_an_installed_bundle_goes_before_a_shipped_model(tmp_path: Path, place: list[str]) -> None:
    """A better general detector can be installed under its old name."""
    main(["model", "install", str(write_bundle(tmp_path / "1.zip", name="general-416")), *place])
    assert find_model("general-416", models_of(tmp_path)).name == "1.zip"
    assert find_model("general-320", models_of(tmp_path)).name == "general-320.tflite"


def test_where_no_bundle_is_whole_the_shipped_model_guards(tmp_path: Path, place: list[str]) -> None:
    """A damaged card does not leave the shop without eyes."""
    main(["model", "install", str(write_bundle(tmp_path / "1.zip", name="general-416")), *place])
    folder = tmp_path / "state" / "models" / "general-416"
    for damage in (folder / "1.zip", folder / "installed.json"):
        damage.write_bytes(b"?")
        assert find_model("general-416", models_of(tmp_path)) == GENERAL_416
