"""Reading model files that can be trusted, and refusing the others."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.detect.load import read_model
from device.errors import ModelError
from tests.detect.models import GENERAL_320, GENERAL_416, with_card


def _refused(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_model(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("path", [GENERAL_320, GENERAL_416], ids=lambda path: path.stem)
def test_the_shipped_models_say_what_they_are(path: Path) -> None:
    """Name, classes, thresholds, origin and quality travel inside the file."""
    card = read_model(path).card
    assert card.name == path.stem
    assert (len(card.labels), card.labels[0], card.labels[39]) == (80, "person", "bottle")
    assert card.threshold("person") == 0.5
    assert 0.3 <= card.threshold("bottle") <= 0.35
    assert card.licence == "Apache-2.0"
    assert card.source["version"] == "3.0.4"
    assert card.measured["float_ap"] - card.measured["ap"] <= 0.01


def test_any_zip_tool_reads_the_card() -> None:
    """The card needs no program of ours."""
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(GENERAL_320)], check=True, capture_output=True, text=True
    ).stdout
    assert {"card.json", "labels.txt", "NOTICE"} <= set(listed.split())


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_unzip_finds_nothing_odd() -> None:
    """The network before the archive is no reason to warn."""
    done = subprocess.run(["unzip", "-tq", str(GENERAL_320)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", sorted(GENERAL_320.parent.glob("*.tflite")), ids=lambda path: path.stem)
def test_the_licence_beside_a_shipped_model_is_the_one_inside(path: Path) -> None:
    """One text for all sizes of a network, and none of them stale."""
    beside = path.with_name(path.stem.split("-")[0] + ".LICENSE")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("LICENSE").decode() == beside.read_text(encoding="utf-8")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path is in the message."""
    assert "No such file" in _refused(tmp_path / "gone.tflite")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    """A picture is not a model."""
    path = tmp_path / "cat.tflite"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" * 100)
    assert "not a TFLite model" in _refused(path)


def test_a_network_without_a_card_is_refused(tmp_path: Path) -> None:
    """Any other TFLite file lacks what the device must know."""
    model = read_model(GENERAL_320)
    path = tmp_path / "bare.tflite"
    path.write_bytes(model.network)
    assert "no readable card" in _refused(path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0.0, 0.999999))
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, part: float) -> None:
    """However much of the copy arrived."""
    data = GENERAL_320.read_bytes()
    path = tmp_path / "short.tflite"
    path.write_bytes(data[: int(len(data) * part)])
    _refused(path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0.0, 0.999), bit=st.integers(0, 7))
def test_one_flipped_bit_in_the_network_is_noticed(tmp_path: Path, place: float, bit: int) -> None:
    """SD cards rot; a damaged network must not guess on."""
    model = read_model(GENERAL_320)
    data = bytearray(GENERAL_320.read_bytes())
    data[int(len(model.network) * place)] ^= 1 << bit
    path = tmp_path / "rotten.tflite"
    path.write_bytes(data)
    _refused(path)


def test_a_card_that_claims_to_be_encrypted_is_refused(tmp_path: Path) -> None:
    """One bit in the archive's directory does it; zipfile then speaks of passwords."""
    data = bytearray(GENERAL_320.read_bytes())
    data[data.rindex(b"PK\x01\x02", 0, data.rindex(b"card.json")) + 8] |= 1
    path = tmp_path / "locked.tflite"
    path.write_bytes(data)
    assert "no readable card" in _refused(path)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [("v", 9, "version 9"), ("labels", ["person"], "head.scores.shape"), ("model_sha256", "0" * 64, "damaged")],
)
def test_a_card_that_is_wrong_is_refused(tmp_path: Path, key: str, value: Any, named: str) -> None:
    """A card that cannot be right, or belongs to another network."""
    path = with_card(GENERAL_320, tmp_path / "odd.tflite", lambda raw: raw.update({key: value}))
    assert named in _refused(path)
