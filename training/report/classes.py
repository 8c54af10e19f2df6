"""The page of a classifier's evaluation. Does not measure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from device.core.card import ModelCard
from training.data.pictures import read_pixels
from training.report.embed import as_data_url, thumbnail
from training.report.html import page, paragraph, pictures, table, tiles
from training.report.matrix import matrix_table

_SIDE_PX = 240


def render_class_report(card: ModelCard, metrics: Mapping[str, Any], set_name: str) -> str:
    """The page as HTML.

    Args:
        card: of the classifier.
        metrics: the content of ``metrics.json``; ``wrong`` holds rows of file, truth, named and score.
        set_name: what it was measured on.

    Raises:
        DataError: one of the wrong pictures cannot be read any more.
    """
    confusion = metrics["confusion"]
    lacking = ", ".join(metrics.get("not_in_model", ()))
    return page(
        f"{card.name} on {set_name}",
        [
            paragraph(f"{metrics['images']} pictures; model sha256 {card.model_sha256[:16]}.", "soft"),
            _tiles(metrics),
            paragraph(f"Not scored, because the model lacks them: {lacking}.", "bad") if lacking else "",
            "<h2>Classes</h2>",
            table(("class", "pictures", "precision", "recall", "F1"), _rows(metrics)),
            "<h2>Taken for one another</h2>",
            paragraph("A row is what is there, a column what it was called."),
            matrix_table(confusion["labels"], np.array(confusion["matrix"], dtype=np.int64)),
            *_wrong(metrics.get("wrong", ())),
        ],
    )


def _tiles(metrics: Mapping[str, Any]) -> str:
    f1 = [row["f1"] for row in metrics["per_class"].values() if row.get("support", 1)]
    latency = metrics.get("latency_ms")
    speed = [(f"a picture, {latency['threads']} thread(s)", f"{latency['median']:.1f} ms")] if latency else []
    mean = float(np.mean(f1)) if f1 else 0.0
    return tiles([("accuracy", f"{metrics['accuracy']:.3f}"), ("mean F1 of the classes", f"{mean:.3f}"), *speed])


def _rows(metrics: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (name, row.get("support"), row["precision"], row["recall"], row["f1"])
        for name, row in metrics["per_class"].items()
        if row.get("support", 1)
    ]


def _wrong(rows: Any) -> list[str]:
    if not rows:
        return []
    entries = [
        (
            as_data_url(thumbnail(read_pixels(Path(row["file"])), _SIDE_PX)),
            f"{Path(row['file']).name}: {row['truth']}, called {row['named']} ({row['score']:.2f})",
        )
        for row in rows
    ]
    legend = "The surest mistakes first. Look here for wrong labels before anything else."
    return ["<h2>The pictures it gets most wrong</h2>", paragraph(legend), pictures(entries)]
