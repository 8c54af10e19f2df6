"""Looks at a person's clothes: the score that a classifier gives to the classes that mean staff. Keeps no votes."""

import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from device.core.card import ModelCard
from device.core.cutout import around, cut
from device.core.frame import Frame
from device.core.geometry import Box
from device.detect.classifier import NetworkClassifier
from device.detect.load import read_model
from device.errors import UsageError

MARGIN = 1.0
"""Of the window around a person: their box and nothing else, as ``shopwarden-train crops`` cuts it."""


class UniformLooker:
    """Looks at one person at a time; for one thread at a time."""

    def __init__(self, classifier: NetworkClassifier, labels: Sequence[str]) -> None:
        """``labels``: those that mean staff, all known to the classifier."""
        self._classifier = classifier
        self._places = [classifier.card.labels.index(label) for label in labels]

    def score(self, frame: Frame, person: Box) -> float:
        """How much the person in that box looks like staff, 0..1.

        Raises:
            ModelError: the interpreter failed, or this is closed.
        """
        window = around(person, (frame.width, frame.height), MARGIN, square=False)
        scores = self._classifier.classify(cut(frame, window))
        return float(np.clip(scores[self._places].sum(), 0.0, 1.0))

    def close(self) -> None:
        """Let go of the interpreter; may be called twice."""
        self._classifier.close()


def open_uniforms(path: Path, labels: Sequence[str], *, runtime: str = "auto", threads: int = 1) -> UniformLooker:
    """Read a classifier and get it ready to tell staff.

    Raises:
        ModelError: the file is damaged, does not fit its card, is no classifier, or cannot run here.
        UsageError: it does not know one of the classes, or no other.
    """
    model = read_model(path)
    classifier = NetworkClassifier(model, runtime=runtime, threads=threads)
    if fault := staff_fault(classifier.card, labels):
        raise UsageError(fault)
    return UniformLooker(classifier, labels)


def staff_fault(card: ModelCard, labels: Sequence[str]) -> str:
    """Why the classes of a classifier cannot tell staff from customers; empty where they can."""
    known = ", ".join(card.labels)
    for label in labels:
        if label not in card.labels:
            near = difflib.get_close_matches(label, card.labels, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return f"labels: the model {card.name} does not know {label!r}, it knows {known}{hint}"
        if labels.count(label) > 1:
            # Their scores add up: a class named twice would make staff of half a doubt.
            return f"labels: {label!r} is named twice"
    if set(card.labels) <= set(labels):
        return f"labels: every class of {card.name} ({known}) would mean staff, and nobody would be a customer"
    return ""
