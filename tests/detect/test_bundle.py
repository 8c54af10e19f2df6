"""Whether a bundle can be believed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.manifest import Manifest, manifest_from_json, manifest_to_json
from device.detect.bundle import COMMENT_BYTES, read_bundle, unsigned
from device.detect.keys import TrustedKey, fingerprint_of, read_trusted_key
from device.detect.load import read_model
from device.errors import ModelError, UsageError
from tests.detect.bundles import KEY, OTHER_KEY, archive, manifest, write_bundle, write_public
from tests.detect.models import GENERAL_320

TRUSTED = (TrustedKey(fingerprint_of(KEY.public_key()), KEY.public_key()),)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A right bundle."""
    return write_bundle(tmp_path_factory.mktemp("bundle") / "goods-1.zip")


def test_a_right_bundle_is_read(bundle: Path) -> None:
    """The manifest, the model byte by byte, and who signed."""
    read = read_bundle(bundle, TRUSTED)
    assert read.manifest == manifest()
    assert read.model == GENERAL_320.read_bytes()
    assert read.fingerprint == TRUSTED[0].fingerprint


def test_a_model_is_read_out_of_its_bundle(bundle: Path) -> None:
    """The detector needs no second copy on the card."""
    assert read_model(bundle).card == read_model(GENERAL_320).card


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), near_the_end=st.booleans())
def test_no_byte_can_change(bundle: Path, place: float, bit: int, near_the_end: bool) -> None:
    """Wherever a bit turns over, in what is signed or in the signature, the bundle is refused."""
    content = bytearray(bundle.read_bytes())
    where = len(content) - 1 - int(place * 600) if near_the_end else int(place * len(content))
    content[where] ^= 1 << bit
    changed = bundle.with_name("changed.zip")
    changed.write_bytes(content)
    with pytest.raises(ModelError):
        read_bundle(changed, TRUSTED)


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_part_is_refused(bundle: Path, share: float) -> None:
    """Whatever is missing at the end."""
    content = bundle.read_bytes()
    short = bundle.with_name("short.zip")
    short.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError, match=r"cut short|not a model bundle"):
        read_bundle(short, TRUSTED)


def test_a_changed_byte_is_told(bundle: Path) -> None:
    """The reason says that it was changed, not that it is a strange file."""
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    changed = bundle.with_name("changed.zip")
    changed.write_bytes(content)
    with pytest.raises(ModelError, match="changed after it was signed"):
        read_bundle(changed, TRUSTED)


def test_another_key_is_told(tmp_path: Path) -> None:
    """The reason names the key, and those that are trusted."""
    path = write_bundle(tmp_path / "b.zip", key=OTHER_KEY)
    with pytest.raises(ModelError, match=f"{fingerprint_of(OTHER_KEY.public_key())[:16]}, which is not trusted"):
        read_bundle(path, TRUSTED)


def test_an_unsigned_one_is_told(bundle: Path) -> None:
    """Taking the signature off gives an archive that is refused as such."""
    content = bundle.read_bytes()
    bare = bundle.with_name("bare.zip")
    bare.write_bytes(unsigned(bundle, content))
    assert len(bare.read_bytes()) == len(content) - COMMENT_BYTES
    with pytest.raises(ModelError, match="not signed"):
        read_bundle(bare, TRUSTED)


def test_a_model_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    """Even signed: somebody put the wrong files together."""
    path = write_bundle(tmp_path / "b.zip", sha256="0" * 64)
    with pytest.raises(ModelError, match="not the one that its manifest names"):
        read_bundle(path, TRUSTED)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../goods"}, {"name": ""}, {"name": ".goods"}, {"name": "a/b"}, {"version": 0}, {"version": 2**40},
        {"sha256": "ABC"}, {"runtimes": ()}, {"labels": ()}, {"summary": "two\nlines"}, {"bytes": 0}, {"created": ""},
    ],
)  # fmt: skip
def test_no_impossible_manifest(changes: dict[str, object]) -> None:
    """A name never leads out of its folder; nothing breaks a line of a terminal."""
    values = {key: getattr(manifest(), key) for key in Manifest.__slots__}
    with pytest.raises(ValueError, match=f"manifest: {next(iter(changes))} "):
        Manifest(**(values | changes))


def test_a_manifest_comes_back_as_it_was() -> None:
    """And an unknown field is passed over."""
    text = manifest_to_json(manifest())
    assert manifest_from_json(text) == manifest()
    assert manifest_from_json(text.replace("{", '{"later": 1,', 1)) == manifest()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"v": 2}', '{"v": true}', "[" * 100_000])
def test_no_manifest_at_all(text: str) -> None:
    """Whatever was signed, it ends in one error."""
    with pytest.raises(ValueError, match="manifest"):
        manifest_from_json(text)


def test_a_private_key_on_the_device_is_told(tmp_path: Path) -> None:
    """It has no business there."""
    path = tmp_path / "trainer.key"
    path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", encoding="utf-8")
    with pytest.raises(UsageError, match="private key, which stays"):
        read_trusted_key(path)


def test_a_key_file_of_something_else_is_told(tmp_path: Path) -> None:
    """Or none at all."""
    with pytest.raises(UsageError, match="cannot be read"):
        read_trusted_key(tmp_path / "none.pub")
    (tmp_path / "text.pub").write_text("hello", encoding="utf-8")
    with pytest.raises(UsageError, match="no public key"):
        read_trusted_key(tmp_path / "text.pub")


def test_a_public_key_is_known_by_its_fingerprint(tmp_path: Path) -> None:
    """The file gives the key that signed."""
    assert read_trusted_key(write_public(tmp_path / "t.pub")).fingerprint == TRUSTED[0].fingerprint


def test_an_archive_is_signed_over_its_own_end(tmp_path: Path) -> None:
    """Any zip tool still reads a signed bundle."""
    content = archive(manifest(), b"model")
    assert unsigned(tmp_path, content) == content
