"""Draws the figures of an evaluation as one page that needs nothing else. Does not measure."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from device.core.card import ModelCard

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733 }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .2rem .7rem; border-bottom: 1px solid #d8dee4 }
th { text-align: left } td.n { text-align: right; font-variant-numeric: tabular-nums }
"""
_MOST_CONFUSIONS = 20


def render_report(card: ModelCard, metrics: Mapping[str, Any], set_name: str) -> str:
    """The page as HTML.

    Args:
        card: of the model that was measured.
        metrics: the content of ``metrics.json``.
        set_name: what it was measured on.
    """
    title = f"{card.name} on {set_name}"
    point, latency = metrics["operating_point"], metrics["latency_ms"]
    overall = [
        ("AP", metrics["ap"]),
        ("AP50", metrics["ap50"]),
        ("AP75", metrics["ap75"]),
        ("AR100", metrics["ar100"]),
        ("pictures", metrics["images"]),
        (f"ms a picture, median, {latency['threads']} thread(s)", latency["median"]),
        ("ms a picture, p95", latency["p95"]),
        ("best threshold", point["threshold"]),
        ("precision there", point["precision"]),
        ("recall there", point["recall"]),
        ("F1 there", point["f1"]),
    ]
    parts = [
        f"<h1>{escape(title)}</h1>",
        _table(("figure", "value"), overall),
        _missing(metrics),
        "<h2>Classes</h2>",
        _table(("class", "AP", "AP50", "boxes", "best threshold", "F1 there"), _class_rows(metrics)),
        "<h2>Taken for one another</h2>",
        "<p>At the best threshold, boxes paired by place. Background: nothing was there, or it was missed.</p>",
        _table(("truth", "found as", "times"), _confusions(metrics["confusion"])),
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _missing(metrics: Mapping[str, Any]) -> str:
    lacking = ", ".join(metrics["not_in_model"])
    return f"<p>Not scored, because the model lacks them: {escape(lacking)}.</p>" if lacking else ""


def _class_rows(metrics: Mapping[str, Any]) -> list[Sequence[Any]]:
    seen = [(name, figures) for name, figures in metrics["per_class"].items() if figures["support"]]
    seen.sort(key=lambda item: (-item[1]["support"], item[0]))
    points = metrics["class_points"]
    return [
        (name, figures["ap"], figures["ap50"], figures["support"], points[name]["threshold"], points[name]["f1"])
        for name, figures in seen
    ]


def _confusions(confusion: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    labels, matrix = confusion["labels"], confusion["matrix"]
    cells: list[tuple[str, str, int]] = [
        (truth, found, matrix[row][column])
        for row, truth in enumerate(labels)
        for column, found in enumerate(labels)
        if row != column and matrix[row][column]
    ]
    return sorted(cells, key=lambda cell: (-cell[2], cell[0], cell[1]))[:_MOST_CONFUSIONS]


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    text = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
    return f'<td class="n">{text}</td>'
