"""The page of a comparison. Does not measure or decide."""

from collections.abc import Mapping
from typing import Any

from training.report.html import page, paragraph, table, tiles

_TITLES = {"ap": "AP", "ap50": "AP50", "accuracy": "accuracy"}
_INTERVALS = (
    "Each interval holds the figure in 95 of 100 draws of as many pictures from this set, whole pictures with "
    "replacement, the same draw for both models. If the interval of the gain leaves out 0, the difference is more than "
    "the choice of pictures."
)


def render_comparison(result: Mapping[str, Any]) -> str:
    """The page as HTML, from the content of ``compare.json``."""
    a, b, verdict = result["a"], result["b"], result["verdict"]
    chosen = result[verdict["ship"]]
    lacking = [
        paragraph(f"{side['name']} does not know: {', '.join(side['lacking'])}.", "bad")
        for side in (a, b)
        if side["lacking"]
    ]
    return page(
        f"{a['name']} against {b['name']}",
        [
            paragraph(f"{result['images']} pictures of {result['set']} (sha256 {result['set_sha256'][:16]}).", "soft"),
            tiles([("ship this one", chosen["name"])]),
            paragraph(verdict["reason"] + "."),
            *lacking,
            "<h2>Figures</h2>",
            table(("figure", "a", "95 %", "b", "95 %", "gain of b", "95 %"), _figures(result)),
            paragraph(_INTERVALS, "note"),
            "<h2>Cost</h2>",
            table(("", "a", "b"), _costs(a, b, result["threads"])),
            "<h2>Classes</h2>",
            paragraph("Classes that both know; few boxes say little about one class.", "note"),
            table(("class", "a", "b", "gain of b"), _classes(result["per_class"])),
        ],
    )


def _figures(result: Mapping[str, Any]) -> list[list[Any]]:
    rows = []
    for name, row in result["figures"].items():
        cells: list[Any] = [_TITLES.get(name, name)]
        for side in ("a", "b", "gain"):
            sign = "+" if side == "gain" else ""
            value, low, high = (f"{row[side][key]:{sign}.3f}" for key in ("value", "low", "high"))
            cells += [value, f"{low} to {high}"]
        rows.append(cells)
    return rows


def _costs(a: Mapping[str, Any], b: Mapping[str, Any], threads: int) -> list[list[Any]]:
    return [
        ["model", a["name"], b["name"]],
        [f"ms a picture, median, {threads} thread(s)", f"{a['latency_ms']:.1f}", f"{b['latency_ms']:.1f}"],
        ["bytes", str(a["model_bytes"]), str(b["model_bytes"])],
    ]


def _classes(per_class: Mapping[str, Mapping[str, float | None]]) -> list[tuple[str, float | None, float | None, str]]:
    rows = [(name, row["a"], row["b"], _gain(row["a"], row["b"])) for name, row in per_class.items()]
    return sorted(rows, key=lambda row: ((row[2] or 0.0) - (row[1] or 0.0), row[0]))


def _gain(a: float | None, b: float | None) -> str:
    return "-" if a is None or b is None else f"{b - a:+.3f}"
