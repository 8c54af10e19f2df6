"""Curves in a square from 0 to 1 on both sides, as SVG in the page's own colours. Knows no figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from training.report.html import Html

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 340, 276, 34, 24, 34
_SMALL = (120, 44)
_MOST_POINTS = 101
"""A curve is thinned to so many: a page of eighty classes stays under a few hundred kB."""

Place = tuple[float, float]
_At = Callable[[float, float], Place]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve."""

    x: NDArray[np.float64]
    """0..1, in order."""
    y: NDArray[np.float64]
    name: str
    main: bool = False
    """Drawn bold, over the others."""


def chart(lines: Sequence[Line], axes: tuple[str, str], dots: Sequence[Place] = (), rings: Sequence[Place] = ()) -> str:
    """Curves with axes; dots and rings mark chosen points."""
    width, height = _WIDTH - _LEFT - 8, _HEIGHT - _BOTTOM - _TOP

    def at(x: float, y: float) -> Place:
        return _LEFT + x * width, _TOP + (1.0 - y) * height

    parts = [_grid(at, axes)]
    parts += [_curve(line, at) for line in sorted(lines, key=lambda line: line.main)]
    parts += [_circle("dot", at(*place)) for place in dots] + [_circle("ring", at(*place)) for place in rings]
    label = escape(f"{axes[1]} by {axes[0]}", quote=True)
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def spark(line: Line, dots: Sequence[Place] = (), rings: Sequence[Place] = ()) -> Html:
    """One small curve for a table."""
    width, height = _SMALL

    def at(x: float, y: float) -> Place:
        return 4 + x * (width - 8), 4 + (1.0 - y) * (height - 8)

    base = f'<line class="axis" x1="4" x2="{width - 4}" y1="{height - 4}" y2="{height - 4}"/>'
    marks = [_circle("dot", at(*place)) for place in dots] + [_circle("ring", at(*place)) for place in rings]
    return Html(f'<svg viewBox="0 0 {width} {height}">{base}{_curve(line, at)}{"".join(marks)}</svg>')


def _grid(at: _At, axes: tuple[str, str]) -> str:
    parts = []
    for step in (0.0, 0.25, 0.5, 0.75, 1.0):
        (x, bottom), (_, top) = at(step, 0.0), at(step, 1.0)
        (left, y), (right, _) = at(0.0, step), at(1.0, step)
        parts.append(f'<line class="axis" x1="{x:.0f}" x2="{x:.0f}" y1="{top:.0f}" y2="{bottom:.0f}"/>')
        parts.append(f'<line class="axis" x1="{left:.0f}" x2="{right:.0f}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(f'<text x="{x:.0f}" y="{bottom + 14:.0f}" text-anchor="middle">{step:g}</text>')
        parts.append(f'<text x="{left - 5:.0f}" y="{y + 4:.0f}" text-anchor="end">{step:g}</text>')
    middle, low = at(0.5, 0.0)
    parts.append(f'<text x="{middle:.0f}" y="{low + 29:.0f}" text-anchor="middle">{escape(axes[0])}</text>')
    left, top = at(0.0, 1.0)
    # Over the square: many classes fill it, and a word among their curves cannot be read.
    parts.append(f'<text x="{left:.0f}" y="{top - 9:.0f}">{escape(axes[1])}</text>')
    return "".join(parts)


def _curve(line: Line, at: _At) -> str:
    if not len(line.x):
        return ""
    kept = np.unique(np.linspace(0, len(line.x) - 1, _MOST_POINTS).astype(np.intp))
    points = " ".join("{:.1f},{:.1f}".format(*at(float(line.x[n]), float(line.y[n]))) for n in kept)
    kind = "all" if line.main else "each"
    return f'<polyline class="{kind}" points="{points}"><title>{escape(line.name)}</title></polyline>'


def _circle(kind: str, place: Place) -> str:
    return f'<circle class="{kind}" cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="4"/>'
