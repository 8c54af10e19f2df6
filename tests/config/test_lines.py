"""The line numbers of keys agree with what the TOML reader of the standard library finds."""

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from device.config.lines import KeyPath, key_lines, line_of

_bare = st.text("abcdefgh_-09", min_size=1, max_size=4)
_names = _bare | _bare.map(lambda name: f"{name}.{name}")
_scalars = (
    st.integers(-99, 99)
    | st.booleans()
    | st.text('ab =[]{}#"\\', max_size=8)
    | st.floats(-9, 9).map(lambda number: round(number, 3))
)
_comments = st.sampled_from(["", "  # [not.a.table]", " # key = [1", ' # "'])


def _key(name: str) -> str:
    return name if name.replace("-", "a").replace("_", "a").isalnum() else json.dumps(name)


@st.composite
def _values(draw: st.DrawFn) -> list[str]:
    """A value as lines of TOML: a scalar, an inline table, or an array over several lines."""
    shape = draw(st.sampled_from(["scalar", "array", "table"]))
    if shape == "scalar":
        return [json.dumps(draw(_scalars)) + draw(_comments)]
    items = [json.dumps(item) for item in draw(st.lists(_scalars, max_size=4))]
    if shape == "table":
        return ["{" + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + "}" + draw(_comments)]
    if draw(st.booleans()):
        return ["[" + ", ".join(items) + "]" + draw(_comments)]
    return ["[", *(f"  {item},{draw(_comments)}" for item in items), "  ]" + draw(_comments)]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A TOML document and the line of each of its tables and keys."""
    lines: list[str] = []
    truth: dict[KeyPath, int] = {}

    def put_keys(table: KeyPath, names: list[str]) -> None:
        for name in names:
            value = draw(_values())
            truth[*table, name] = len(lines) + 1
            lines.append(f"{draw(st.sampled_from(['', '  ']))}{_key(name)} = {value[0]}")
            lines.extend(value[1:])
            lines.extend(draw(st.sampled_from([[], [""], ["# between"]])))

    names = draw(st.lists(_names, unique=True, min_size=1, max_size=6))
    cut = draw(st.integers(0, len(names)))
    put_keys((), names[:cut])
    for name in names[cut:]:
        repeats = draw(st.integers(0, 3))
        for number in range(max(1, repeats)):
            path: KeyPath = (name, number) if repeats else (name,)
            truth[path] = len(lines) + 1
            lines.append(f"[[{_key(name)}]]" if repeats else f"[{_key(name)}]{draw(_comments)}")
            put_keys(path, draw(st.lists(_names, unique=True, max_size=3)))
            for inner in range(draw(st.integers(0, 2))):
                truth[*path, "inner", inner] = len(lines) + 1
                lines.append(f"  [[{_key(name)}.inner]]")
                put_keys((*path, "inner", inner), draw(st.lists(_names, unique=True, max_size=2)))
    return "\n".join(lines), truth


@given(documents())
def test_every_key_has_its_line(document: tuple[str, dict[KeyPath, int]]) -> None:
    """Tables, keys, arrays of tables and tables inside them are found on the line where they were written."""
    text, truth = document

    assert key_lines(text) == truth


@given(documents())
def test_paths_are_those_of_the_reader(document: tuple[str, dict[KeyPath, int]]) -> None:
    """Each path that has a line leads to a value in the document as ``tomllib`` reads it."""
    text, _ = document
    read = tomllib.loads(text)

    for path in key_lines(text):
        value: Any = read
        for part in path:
            value = value[part]


def test_dotted_and_quoted_keys() -> None:
    """A dot outside quotes leads into a table, one inside is part of the name."""
    assert key_lines('a."b.c".d = 1\n["x.y"]\n\'z\' = 2') == {("a", "b.c", "d"): 1, ("x.y",): 2, ("x.y", "z"): 3}


def test_the_nearest_line() -> None:
    """What has no line of its own takes that of the table around it, or else of the first thing in it."""
    lines = key_lines("[[a]]\nb = [1,\n 2]\n[[a]]\nb = [3]")

    assert line_of(lines, ("a", 0, "b", 1)) == 2
    assert line_of(lines, ("a", 1, "c")) == 4
    assert line_of(lines, ("a",)) == 1
    assert line_of(lines, ("z",)) is None
