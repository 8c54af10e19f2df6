"""What is said of unusual pictures, and that they are read the same by everybody."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.training.data.drawn import coco_set, ground, save, write_json
from training.data.labelled import turn_box
from training.data.pictures import PictureFile, look_at, read_pixels
from training.data.read import read_data
from training.data.sample import Problem, refuse_faults
from training.errors import DataError


def seen(path: Path) -> PictureFile:
    """A picture that must be readable."""
    found = look_at(path)
    assert isinstance(found, PictureFile), found
    return found


def rgb(number: int = 0) -> Image.Image:
    """A drawn picture for Pillow."""
    return Image.fromarray(ground(number)[..., ::-1].copy())


def test_a_plain_picture_needs_no_word(tmp_path: Path) -> None:
    """Its size and nothing else."""
    found = seen(save(tmp_path / "a.jpg", ground(0)))

    assert (found.width, found.height, found.turn, found.converted) == (96, 72, 1, ())


@pytest.mark.parametrize(
    ("mode", "name", "said"),
    [
        ("CMYK", "a.jpg", "CMYK colours"),
        ("L", "a.jpg", "grey only"),
        ("RGBA", "a.png", "transparency"),
        ("1", "a.png", "black and white only"),
    ],
)
def test_unusual_colours_are_converted_and_told(tmp_path: Path, mode: str, name: str, said: str) -> None:
    """Every one gives three channels of 8 bits, near to the picture before."""
    rgb().convert(mode).save(tmp_path / name)
    pixels = read_pixels(tmp_path / name)
    expected = np.asarray(rgb().convert(mode).convert("RGB"))[..., ::-1].astype(int)

    assert seen(tmp_path / name).converted == (said,)
    assert pixels.shape == (72, 96, 3)
    assert np.abs(pixels.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_converted_and_told(tmp_path: Path, channels: int) -> None:
    """The upper eight are kept, in the pixels and in the thumb by which twins are found."""
    deep = ground(1).astype(np.uint16)[..., :channels] * 257
    path = save(tmp_path / "deep.png", deep)
    found = seen(path)
    levels = np.frombuffer(found.look.thumb, np.uint8)

    assert "16 bits a colour" in found.converted
    np.testing.assert_array_equal(read_pixels(path)[..., 0], ground(1)[..., 0])
    assert abs(float(levels.mean()) - float(ground(1)[..., :channels].mean())) < 4


@pytest.mark.parametrize("turn", range(2, 9))
def test_exif_turns_are_followed(tmp_path: Path, turn: int) -> None:
    """Pixels, size and the boxes of a set that was labelled before the turn agree with one another."""
    picture = np.full((72, 96, 3), 40, np.uint8)
    picture[10:30, 12:60] = (0, 0, 255)
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(picture[..., ::-1].copy()).save(tmp_path / "a.jpg", quality=95, exif=exif)
    found, pixels = seen(tmp_path / "a.jpg"), read_pixels(tmp_path / "a.jpg")
    left, top, right, bottom = turn_box((12 / 96, 10 / 72, 60 / 96, 30 / 72), turn)
    red = np.argwhere(pixels[..., 2] > 150)

    assert pixels.shape == (found.height, found.width, 3)
    assert found.stored_size == (96, 72)
    assert found.converted == (f"turned by its EXIF orientation {turn}",)
    sides = (left * found.width, top * found.height, right * found.width, bottom * found.height)
    bounds = (red[:, 1].min(), red[:, 0].min(), red[:, 1].max() + 1, red[:, 0].max() + 1)
    assert bounds == pytest.approx(sides, abs=1.5)


def test_labels_from_before_an_exif_turn_are_turned(tmp_path: Path) -> None:
    """The said size tells: it is that of the stored picture."""
    raw = coco_set(tmp_path, 2)
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb(0).save(tmp_path / "images" / "take0_0.png", exif=exif)
    write_json(tmp_path, raw)
    dataset = read_data(tmp_path)
    first = dataset.samples[0]

    assert (first.width, first.height) == (72, 96)
    assert first.boxes[0] == pytest.approx((1 - 52 / 72, 10 / 96, 1 - 12 / 72, 35 / 96))
    assert any("was labelled before its EXIF turn" in problem.what for problem in dataset.problems)
    assert dataset.faults == ()


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_picture_cut_short_is_named(tmp_path: Path, name: str, share: float) -> None:
    """Half a JPEG would otherwise be read with a grey lower half."""
    content = save(tmp_path / name, ground(0)).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    found = look_at(tmp_path / name)

    assert isinstance(found, Problem)
    assert str(found).startswith(f"{tmp_path / name}: the picture is cut short; ")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    """By its path, with what to do; reading it all the same is an error of the data."""
    (tmp_path / "a.jpg").write_bytes(content)
    found = look_at(tmp_path / "a.jpg")

    assert isinstance(found, Problem)
    assert str(found).startswith(f"{tmp_path / 'a.jpg'}: ")
    with pytest.raises(DataError, match="not a picture"):
        read_pixels(tmp_path / "a.jpg")


def test_training_refuses_what_was_left_out(tmp_path: Path) -> None:
    """With the first fault and the number of the others; what was only converted passes."""
    fault, note = Problem(tmp_path, "line 1", "bad", "mend it"), Problem(tmp_path, "", "grey", "fine", used=True)

    refuse_faults([note])
    with pytest.raises(DataError, match=r"line 1: bad; mend it$"):
        refuse_faults([note, fault])
    with pytest.raises(DataError, match="and 1 more"):
        refuse_faults([fault, fault])


def test_a_large_jpeg_is_read_small(tmp_path: Path) -> None:
    """A quarter of the size, of the same picture."""
    path = save(tmp_path / "a.jpg", ground(0, 400, 300))
    small = read_pixels(path, 4)

    assert small.shape == (75, 100, 3)
    expected = cv2.resize(read_pixels(path), (100, 75), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - expected.astype(int)).mean() < 3
