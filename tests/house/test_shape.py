"""Modules and functions stay short enough to be read, and every test says what it promises."""

import ast
import statistics
from pathlib import Path

import pytest

from tests.house import ROOT, sources

PRODUCT = sources("device", "training")
TESTS = [path for path in sources("tests") if path.name.startswith("test_")]
MAX_MODULE_LINES = 300


def name_of(path: Path) -> str:
    """The path inside the project."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions of a module, methods and inner ones as well."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the def to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_modules_are_short(path: Path) -> None:
    """Fewer than 300 lines each."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_MODULE_LINES


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_modules_say_what_they_own(path: Path) -> None:
    """Each begins with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_functions_are_short() -> None:
    """Half of all functions have at most 10 lines, and 95 of 100 at most 40."""
    lengths = [length(node) for path in PRODUCT for node in functions(path)]

    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=100)[94] <= 40


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_says_what_it_promises(path: Path) -> None:
    """A test without a docstring cannot be told from its failure alone."""
    silent = [node.name for node in functions(path) if node.name.startswith("test_") and not ast.get_docstring(node)]

    assert silent == []


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_no_test_hides_another(path: Path) -> None:
    """Of two tests with one name in one place only the second would run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    scopes: list[ast.Module | ast.ClassDef] = [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]
    for scope in scopes:
        names = [node.name for node in scope.body if isinstance(node, ast.FunctionDef)]
        assert sorted(names) == sorted(set(names))
