"""Fitting the classifiers of concealment, and trying them on takes left out."""

from pathlib import Path

import numpy as np
import pytest

from device.core.concealment.body import Bag, Body, BodyLook
from device.core.concealment.fitted import FITTED
from device.core.concealment.signs import read_signs
from device.core.concealment.weigh import Classifiers
from device.detect.scripted_bodies import standing
from training.concealment.clips import read_clips
from training.concealment.commands import goods_of
from training.concealment.crossval import auc, auc_interval, best_f1, group_folds
from training.concealment.fit import Windows, fit, scores
from training.concealment.logistic import fit_logistic
from training.concealment.looks_file import read_looks, write_looks
from training.concealment.write import as_module
from training.errors import DataError


def made_up(clips: int = 60, seed: int = 0) -> tuple[Windows, np.ndarray]:
    """Windows of clips: of three one is a theft by pocket, one by bag, each in half of its windows."""
    random, hands, bags, clip = np.random.default_rng(seed), [], [], []
    for number in range(clips):
        for window in range(10):
            act = number % 3 if window < 5 else 0
            hands.append(random.normal((0.2 if act == 1 else 0.9), 0.1, 4))
            bags.append(random.normal((-1.0 if act == 2 else -2.8), 0.2, 3))
            clip.append(number)
    return Windows(np.array(hands), np.array(bags), np.array(clip)), np.array([n % 3 > 0 for n in range(clips)])


def test_both_acts_are_told_apart_without_being_named() -> None:
    """Clips say that something was stolen, not how and not when; the rest of a theft is as any other clip."""
    windows, theft = made_up()
    use = np.arange(60) < 30
    found = fit(windows, theft, use)
    tried = scores(windows, found, 60)

    assert auc(tried[~use], theft[~use]) == 1.0
    assert found.pocket.chance(np.full(4, 0.2)) > 0.9
    assert found.pocket.chance(np.full(4, 0.9)) < 0.1
    assert found.bag.chance(np.full(3, -1.0)) > 0.9
    assert found.bag.chance(np.full(3, -2.8)) < 0.1


def test_clips_left_out_teach_nothing() -> None:
    """However they are labelled."""
    windows, theft = made_up()
    use = np.arange(60) < 30
    turned = np.where(use, theft, ~theft)

    assert fit(windows, theft, use) == fit(windows, turned, use)


def test_a_clip_with_nobody_near_scores_nothing() -> None:
    """It has no window, and so the lowest score."""
    windows, _ = made_up(6)
    assert scores(windows, FITTED, 7)[6] == 0.0


def test_without_thefts_there_is_nothing_to_learn() -> None:
    """Said, not guessed."""
    windows, theft = made_up()
    with pytest.raises(DataError, match="thefts and other clips are both needed"):
        fit(windows, np.zeros_like(theft), np.ones_like(theft))


def test_a_regression_finds_the_weights_that_made_its_data() -> None:
    """On enough rows, without any penalty to speak of."""
    random = np.random.default_rng(3)
    signs = random.normal(size=(20000, 2))
    chance = 1.0 / (1.0 + np.exp(-(signs @ (2.0, -1.0) - 0.5)))
    found = fit_logistic(signs, random.random(20000) < chance, np.ones(20000), 1e-3)

    np.testing.assert_allclose(np.array(found.weights) / found.spread, (2.0, -1.0), atol=0.1)


def test_groups_stay_whole_and_folds_even() -> None:
    """Clips of one take are never on both sides."""
    groups = [n // 4 for n in range(40)]
    folds = group_folds(groups)

    assert all(len({f for f, g in zip(folds, groups, strict=True) if g == one}) == 1 for one in range(10))
    assert sorted(np.bincount(folds).tolist()) == [8] * 5


def test_auc_by_hand() -> None:
    """Three of four pairs in order, one tie counts half."""
    positive = np.array([True, True, False, False])
    assert auc(np.array([0.9, 0.4, 0.5, 0.1]), positive) == 0.75
    assert auc(np.array([0.5, 0.5, 0.5, 0.5]), positive) == 0.5
    assert np.isnan(auc(np.array([0.5]), np.array([True])))
    low, high = auc_interval(np.array([0.9, 0.4, 0.5, 0.1]), positive, [0, 1, 2, 3])
    assert low <= 0.75 <= high
    assert best_f1(np.array([0.9, 0.4, 0.5, 0.1]), positive) == pytest.approx(0.8)


def test_what_is_written_is_a_module_with_the_same_coefficients() -> None:
    """As it ships."""
    space: dict[str, Classifiers] = {}
    exec(as_module(FITTED, "A note."), space)  # noqa: S102 - the text was made here

    assert space["FITTED"] == FITTED


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (None, "cannot be read"),
        ("file,label\na.mp4,normal\n", "needs the columns file, label, group"),
        ("file,label,group\na.mp4,normal,1\n", r"a\.mp4: named in labels\.csv, but not there"),
    ],
)
def test_labels_that_cannot_be_used(tmp_path: Path, table: str | None, complaint: str) -> None:
    """The file is named, and what is wrong with it."""
    if table is not None:
        (tmp_path / "labels.csv").write_text(table, encoding="utf-8")
    with pytest.raises(DataError, match=complaint):
        read_clips(tmp_path)


def test_looks_come_back_from_their_file(tmp_path: Path) -> None:
    """So nearly the same that they give the same signs; a file of something else is refused."""
    person = (0.3, 0.2, 0.6, 0.9)
    bag = Bag("handbag", 0.25, (0.4, 0.4, 0.5, 0.5))
    looks = [BodyLook(3, t / 5, person, (640, 480), Body(standing(person), (bag,))) for t in range(10)]
    write_looks(tmp_path / "looks.jsonl", {"a.mp4": looks, "b.mp4": []})
    back = read_looks(tmp_path / "looks.jsonl")

    assert set(back) == {"a.mp4", "b.mp4"}
    assert [(look.track, look.t, look.body.bags) for look in back["a.mp4"]] == [(3, t / 5, (bag,)) for t in range(10)]
    np.testing.assert_allclose(read_signs(back["a.mp4"]).hands, read_signs(looks).hands, atol=1e-3)
    (tmp_path / "other").write_text('{"clip": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match="not a file of looks"):
        read_looks(tmp_path / "other")


def test_a_configuration_without_a_shelf_is_refused(tmp_path: Path) -> None:
    """Where goods lie must be said."""
    file = tmp_path / "c.toml"
    file.write_text("[[cameras]]\nid = 'a'\n", encoding="utf-8")
    with pytest.raises(DataError, match="first shelf cannot be read"):
        goods_of(file)
