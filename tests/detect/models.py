"""Model files for tests: the shipped ones, and copies with something wrong."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODELS = Path(__file__).resolve().parents[2] / "models"
GENERAL_320 = MODELS / "general-320.tflite"
UNIFORM = Path(__file__).with_name("uniform-16.tflite")
"""A classifier of drawn people, ``staff`` and ``customer``; ``bench.uniform_fixture`` makes it again."""
UNIFORM_TINT = (90, 190)
"""U and V of the shirts that it takes for the uniform."""
GENERAL_416 = MODELS / "general-416.tflite"


def with_card(source: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Copy a model, its card changed."""
    data = source.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        raw = json.loads(archive.read("card.json"))
        network = data[: min(entry.header_offset for entry in archive.infolist())]
    change(raw)
    buffer = io.BytesIO(network)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("card.json", json.dumps(raw))
    target.write_bytes(buffer.getvalue())
    return target
