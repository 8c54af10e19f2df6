"""``device.core`` computes: it asks no clock, opens no file, starts no thread, tells no log, throws no dice."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import ROOT, sources

CORE = sources("device/core")
PURE_MODULES = {
    "collections", "cv2", "dataclasses", "datetime", "enum", "functools", "hashlib", "ipaddress", "itertools", "json",
    "math", "numpy", "re", "statistics", "types", "typing",
}  # fmt: skip
"""What may be imported; everything else of the standard library is closed until somebody argues for it here."""
PIXEL_ARITHMETIC_ONLY = ("imread", "imwrite", "imshow", "VideoCapture", "VideoWriter", "namedWindow", "waitKey", "rand")
FORBIDDEN_ATTRIBUTES = {
    "cv2": PIXEL_ARITHMETIC_ONLY,
    "np": ("random", "load", "save", "savez", "loadtxt", "savetxt", "fromfile", "memmap"),
    "datetime": ("now", "today", "utcnow"),
    "date": ("today",),
}
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
FORBIDDEN_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "tofile"}


def impurities(text: str) -> Iterator[str]:
    """What in a module reaches outside, by line."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (f"{node.lineno}: import {n.name}" for n in names if not _is_pure(n.name))
            case ast.ImportFrom(module=module) if module and not _is_pure(module):
                yield f"{node.lineno}: from {module}"
            case ast.Attribute(value=ast.Name(id=owner), attr=attr):
                if any(attr.startswith(bad) for bad in FORBIDDEN_ATTRIBUTES.get(owner, ())):
                    yield f"{node.lineno}: {owner}.{attr}"
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield f"{node.lineno}: {name}()"
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in FORBIDDEN_METHODS:
                yield f"{node.lineno}: .{attr}()"


def _is_pure(module: str) -> bool:
    return module.partition(".")[0] in PURE_MODULES or module.startswith("device.core")


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_core_is_pure(path: Path) -> None:
    """No module of the core imports or calls anything that reaches outside."""
    assert list(impurities(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import time", "from os import path", "import numpy as np\nnp.random.rand()", "cv2.imread('a')",
        "from datetime import datetime\ndatetime.now()", "open('a')", "import threading", "from device import clock",
        "from pathlib import Path\nPath('a').read_text()", "import device.clock", "cv2.VideoCapture(0)", "print(1)",
    ],
)  # fmt: skip
def test_what_is_impure_is_found(text: str) -> None:
    """The search itself finds clocks, files, threads, dice and other layers."""
    assert list(impurities(text)) != []


def test_there_is_a_core() -> None:
    """The search looks where the core is."""
    assert len(CORE) > 10
