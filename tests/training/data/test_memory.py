"""The division beside the pictures, and the groups of pictures."""

import json
from pathlib import Path

import pytest

from tests.training.data.drawn import coco_set, ground, save, write_json
from training.data.memory import GroupBy, divide_and_keep, divide_as_kept, group_samples, read_memory
from training.data.read import read_data
from training.data.sample import Dataset
from training.errors import DataError, TrainingError


def drawn(folder: Path, count: int = 12) -> Dataset:
    """A set on disk, two pictures a take."""
    write_json(folder, coco_set(folder, count))
    return read_data(folder)


def test_a_division_survives_new_pictures_and_new_names(tmp_path: Path) -> None:
    """By the file beside the pictures."""
    path = tmp_path / "splits.json"
    before = divide_and_keep(drawn(tmp_path), path)
    old = {sample.look.sha256: split for sample, split in zip(drawn(tmp_path).samples, before.splits, strict=True)}
    raw = coco_set(tmp_path, 20)
    (tmp_path / "images" / "take0_0.png").rename(tmp_path / "images" / "zzz.png")
    raw["images"][0]["file_name"] = "zzz.png"
    write_json(tmp_path, raw)
    dataset = read_data(tmp_path)
    after = divide_and_keep(dataset, path)

    kept = [(split, old[sample.look.sha256]) for sample, split in zip(dataset.samples, after.splits, strict=True)
            if sample.look.sha256 in old]  # fmt: skip
    assert len(kept) == 12
    assert all(now == then for now, then in kept)
    assert len(read_memory(path).pictures) == 20


def test_looking_keeps_nothing(tmp_path: Path) -> None:
    """The preview writes no file beside the pictures, and sees what would be kept."""
    dataset = drawn(tmp_path)
    seen = divide_as_kept(dataset, tmp_path / "splits.json")

    assert not (tmp_path / "splits.json").exists()
    assert divide_and_keep(dataset, tmp_path / "splits.json").splits == seen.splits


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": 2, "pictures": {}, "groups": {}}',
             '{"version": 1, "pictures": {"a": "exam"}, "groups": {}}']
)  # fmt: skip
def test_a_damaged_division_is_refused(tmp_path: Path, text: str) -> None:
    """To divide anew without asking would mix test pictures into the training."""
    (tmp_path / "splits.json").write_text(text)
    with pytest.raises(DataError, match="delete it to divide anew"):
        read_memory(tmp_path / "splits.json")


def test_a_division_that_cannot_be_kept_is_an_error(tmp_path: Path) -> None:
    """It names the way out."""
    dataset = drawn(tmp_path)
    (tmp_path / "splits.json.part").mkdir()
    with pytest.raises(TrainingError, match="--splits"):
        divide_and_keep(dataset, tmp_path / "splits.json")


def test_groups_come_from_names(tmp_path: Path) -> None:
    """The bracket of the pattern; all of a take go to one split."""
    dataset = group_samples(drawn(tmp_path), GroupBy(pattern=r"(take\d+)_"))
    splits: dict[str, set[str]] = {}
    for sample, split in zip(dataset.samples, divide_and_keep(dataset, tmp_path / "s.json").splits, strict=True):
        splits.setdefault(sample.group, set()).add(split)

    assert sorted(splits) == [f"take{number}" for number in range(6)]
    assert all(len(found) == 1 for found in splits.values())
    assert sorted(json.loads((tmp_path / "s.json").read_text())["groups"]) == sorted(splits)


def test_a_new_picture_of_a_known_take_follows_it(tmp_path: Path) -> None:
    """Even when all old pictures of the take are gone."""
    by = GroupBy(pattern=r"(take\d+)_")
    dataset = group_samples(drawn(tmp_path), by)
    known = dict(zip((one.group for one in dataset.samples), divide_and_keep(dataset, tmp_path / "s.json").splits,
                     strict=True))  # fmt: skip
    for number in range(12):
        save(tmp_path / "images" / f"take{number // 2}_{number}.png", ground(500 + number))
    later = group_samples(read_data(tmp_path), by)
    splits = divide_and_keep(later, tmp_path / "s.json").splits

    assert [known[one.group] for one in later.samples] == list(splits)


def test_groups_come_from_a_table(tmp_path: Path) -> None:
    """By the path or the bare name; who is not in it stands alone."""
    table = tmp_path / "takes.csv"
    table.write_text("file,camera\nimages/take0_0.png,door\ntake0_1.png,till\n")
    dataset = group_samples(drawn(tmp_path, 4), GroupBy(column=f"{table}:camera"))

    assert [sample.group for sample in dataset.samples] == ["door", "till", "", ""]


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (("(", ""), "not a regular expression"),
        (("take", ""), "no \\(bracket\\)"),
        (("(nothing)", ""), "fits no picture"),
        (("", "none.csv:camera"), "no table can be read"),
        (("", "{}/takes.csv:lens"), "needs the columns 'file' and 'lens'"),
        (("(a)", "b.csv:c"), "not both"),
    ],
)
def test_groups_that_cannot_be_told_are_refused(tmp_path: Path, by: tuple[str, str], said: str) -> None:
    """In words."""
    (tmp_path / "takes.csv").write_text("file,camera\na,b\n")
    dataset = drawn(tmp_path, 2)
    with pytest.raises(DataError, match=said):
        group_samples(dataset, GroupBy(by[0], by[1].format(tmp_path)))
