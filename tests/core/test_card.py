"""The model card and its JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.card import ModelCard, TensorSpec, card_from_json, card_to_json
from device.detect.scripted import scripted_card

_CARD = scripted_card(("person", "bottle"))
_NAMES = st.text(min_size=1, max_size=12)
_NUMBERS = st.floats(0.001, 1000.0)


@st.composite
def cards(draw: st.DrawFn) -> ModelCard:
    """Detectors of any classes, scales and thresholds."""
    labels = tuple(draw(st.lists(_NAMES.filter(lambda name: name != "default"), min_size=1, max_size=8, unique=True)))
    card = scripted_card(labels)
    picture = replace(card.input, scale=draw(_NUMBERS), zero_point=draw(st.integers(-128, 127)))
    named = draw(st.dictionaries(st.sampled_from(labels), st.floats(0.0, 1.0)))
    extra = st.dictionaries(_NAMES, st.one_of(_NAMES, st.integers(), st.booleans()), max_size=3)
    return replace(
        card, name=draw(_NAMES), input=picture, thresholds={"default": 0.3, **named}, nms_iou=draw(st.floats(0.0, 1.0)),
        source=draw(extra), calibration=draw(extra), measured=draw(extra),
    )  # fmt: skip


def _raw() -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(card_to_json(_CARD))
    return raw


def _put(raw: dict[str, Any], place: str, value: Any) -> str:
    *parents, key = place.split(".")
    table = raw
    for parent in parents:
        table = table[parent]
    table[key] = value
    return json.dumps(raw)


@given(cards())
def test_a_card_survives_its_json(card: ModelCard) -> None:
    """Nothing is lost or changed on the way to the file and back."""
    assert card_from_json(card_to_json(card)) == card


def test_a_classifier_has_no_head() -> None:
    """The second kind of model carries its one output instead."""
    scores = TensorSpec(0, (1, 2), "int8", 1 / 256, -128)
    card = replace(_CARD, kind="classifier", head=None, scores=scores, nms_iou=1.0)
    assert card_from_json(card_to_json(card)) == card


def test_a_classifier_gives_one_score_a_label() -> None:
    """A card for another number of labels belongs to another network."""
    scores = TensorSpec(0, (1, 3), "int8", 1 / 256, -128)
    card = replace(_CARD, kind="classifier", head=None, scores=scores, nms_iou=1.0)
    with pytest.raises(ValueError, match=r"scores\.shape is \(1, 3\), expected \(1, 2\)"):
        card_from_json(card_to_json(card))


def test_a_field_from_the_future_is_passed_over() -> None:
    """A newer tool may say more without breaking older devices."""
    assert card_from_json(_put(_raw(), "input.gamma", 2.2)) == _CARD


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        ("v", 2, "version 2"),
        ("kind", "segmenter", "card.kind"),
        ("labels", [], "card.labels"),
        ("labels", ["a", "a"], "card.labels"),
        ("labels", "person", "card.labels"),
        ("name", "", "card.name"),
        ("input", [], "card.input"),
        ("input.width", 0, "card.input.width"),
        ("input.width", True, "card.input.width"),
        ("input.width", 63, "multiple"),
        ("input.scale", float("nan"), "card.input.scale"),
        ("input.std", [1, 0, 1], "card.input.std.1"),
        ("input.mean", [1, 2], "card.input.mean"),
        ("input.channels", "GRB", "card.input.channels"),
        ("head.type", "yolo", "card.head.type"),
        ("head.bins", 1, "card.head.bins"),
        ("head.strides", [8, 16], "card: head.scores.shape"),
        ("head.scores.shape", [1, 84, 3], "card: head.scores.shape"),
        ("head.scores.dtype", "float32", "card.head.scores.dtype"),
        ("head.boxes.output", 0, "same output"),
        ("thresholds", {"person": 0.5}, "thresholds"),
        ("thresholds", {"default": 0.3, "dog": 0.5}, "thresholds"),
        ("thresholds.default", 1.5, "card.thresholds.default"),
        ("nms_iou", "0.6", "card.nms_iou"),
    ],
)
def test_an_impossible_field_is_named(place: str, value: Any, named: str) -> None:
    """Whoever made the card learns where it is wrong."""
    with pytest.raises(ValueError, match=named.replace(".", r"\.")):
        card_from_json(_put(_raw(), place, value))


@pytest.mark.parametrize("key", ["v", "kind", "labels", "input", "head", "thresholds", "nms_iou", "model_sha256"])
def test_a_missing_field_is_named(key: str) -> None:
    """A card without one of these cannot be used."""
    raw = _raw()
    del raw[key]
    with pytest.raises(ValueError, match=rf"card\.{key} is missing"):
        card_from_json(json.dumps(raw))


@given(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_rubbish_is_refused_in_words(text: str) -> None:
    """Whatever lies in the file, it is a ValueError and nothing else."""
    with pytest.raises(ValueError, match="card"):
        card_from_json(text)


def test_a_class_without_its_own_threshold_takes_the_default() -> None:
    """Only classes that differ are named in the card."""
    card = replace(_CARD, thresholds={"default": 0.3, "person": 0.5})
    assert (card.threshold("person"), card.threshold("bottle")) == (0.5, 0.3)
