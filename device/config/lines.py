"""Where in a TOML text a key stands, which ``tomllib`` does not tell. Checks nothing."""

import re
from collections import Counter
from collections.abc import Iterator

KeyPath = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_NAME = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line numbers, from 1, of every table and key; the first where one stands twice.

    Multi-line strings are not looked into: no key of the configuration holds one.
    """
    lines: dict[KeyPath, int] = {}
    for path, number in _walk(text):
        lines.setdefault(path, number)
    return lines


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """The line of a key, or of the nearest table around it, or of the first thing in it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return min((line for inner, line in lines.items() if inner[: len(path)] == path), default=None)


def _walk(text: str) -> Iterator[tuple[KeyPath, int]]:
    table: KeyPath = ()
    counts: Counter[KeyPath] = Counter()
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line) if depth == 0 else None
        if header:
            table = _resolve(_split(header[2]), counts, array=header[1] == "[[")
            yield table, number
            continue
        key = _KEY.match(line) if depth == 0 else None
        if key:
            yield (*table, *_split(key[1])), number
        bare = _STRING.sub("", line).split("#", 1)[0]
        depth = max(0, depth + sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}"))


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))


def _resolve(names: tuple[str, ...], counts: Counter[KeyPath], *, array: bool) -> KeyPath:
    """Put the running index of each array of tables into a header's path."""
    path: KeyPath = ()
    for position, name in enumerate(names):
        path = (*path, name)
        if array and position == len(names) - 1:
            counts[path] += 1
        if counts[path]:
            path = (*path, counts[path] - 1)
    if array:
        for inner in [other for other in counts if other[: len(path)] == path]:
            counts[inner] = 0
    return path
