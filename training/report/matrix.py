"""A confusion matrix as a table in shades. Does not count."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from training.confusion import BACKGROUND

_MOST_CLASSES = 30


def matrix_table(labels: Sequence[str], counts: NDArray[np.int64]) -> str:
    """Truth down, found across; of many classes those that are mistaken most often.

    Args:
        labels: of rows and columns; ``background`` becomes "missed" across and "ghost" down.
        counts: a row and a column a label.
    """
    shown = _shown(labels, counts)
    rows = np.maximum(counts.sum(axis=1), 1)
    head = "".join(f"<th>{escape(_named(labels[column], 'missed'))}</th>" for column in shown)
    body = "".join(
        f"<tr><th>{escape(_named(labels[row], 'ghost'))}</th>"
        + "".join(_cell(int(counts[row, column]), int(rows[row]), right=row == column) for column in shown)
        + "</tr>"
        for row in shown
    )
    left_out = sum(1 for place in range(len(labels)) if place not in shown and counts[place].sum())
    note = f'<p class="note">Not shown: {left_out} classes that are mistaken less often.</p>' if left_out else ""
    return (
        f'<div class="wide"><table class="matrix"><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>'
        f"</div>{note}"
    )


def _shown(labels: Sequence[str], counts: NDArray[np.int64]) -> list[int]:
    """Places with anything in them, in order; the background comes first, where a phone shows it."""
    busy = [place for place, name in enumerate(labels) if name != BACKGROUND and _mistakes_or_hits(counts, place)]
    if len(busy) > _MOST_CLASSES:
        mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
        busy = sorted(sorted(busy, key=lambda place: (-int(mistakes[place]), place))[:_MOST_CLASSES])
    return [place for place, name in enumerate(labels) if name == BACKGROUND] + busy


def _mistakes_or_hits(counts: NDArray[np.int64], place: int) -> bool:
    return bool(counts[place].sum() or counts[:, place].sum())


def _named(label: str, background: str) -> str:
    return background if label == BACKGROUND else label


def _cell(count: int, of: int, *, right: bool) -> str:
    if not count:
        return "<td></td>"
    return f'<td class="{"right" if right else "wrong"}" style="--heat:{min(90, 15 + 75 * count // of)}%">{count}</td>'
