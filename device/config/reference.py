"""The reference of the configuration as Markdown, made of the model alone. Checks no file."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from device.config.model import Config
from device.config.table import ID_PATTERN
from device.core.rules.table import KIND_DEFAULTS, KindDefaults

Schema = dict[str, Any]

_BY_KIND = frozenset(field.name for field in fields(KindDefaults))

_HEAD = """# Configuration

One TOML file; `shopwarden check-config FILE` says what is wrong with it, line by line, or prints what is in force.
It is closed: an unknown key is an error. Units stand in the names: `_s` seconds, `_frac` a fraction of the picture.
Points are fractions of width and height, 0 to 1, origin top left. A name is made of up to 64 letters, digits, `-` and
`_`, and begins with a letter or digit. Relative paths start where the command does. Secrets lie in files of their own,
never in it.

This page is made by `make docs` from `device/config/`.
"""


def reference() -> str:
    """The whole page."""
    schema = Config.model_json_schema()
    sections = ["\n".join(lines) for lines in _tables(schema, schema["$defs"], ())]
    return "\n".join([_HEAD, *(f"{section}\n" for section in sections), _kinds()])


def _tables(table: Schema, defs: dict[str, Schema], path: tuple[tuple[str, bool], ...]) -> Iterator[list[str]]:
    """A section for a table, then for each table inside it."""
    inner = {key: _inner_table(value, defs) for key, value in table["properties"].items()}
    if path:
        required = table.get("required", [])
        plain = [_row(key, value, defs, needed=key in required) for key, value in table["properties"].items()]
        yield [
            _heading(path),
            "",
            table["description"],
            "",
            "| key | value | left out | meaning |",
            "|-|-|-|-|",
            *plain,
        ]
    for key, found in inner.items():
        if found is not None:
            yield from _tables(found[0], defs, (*path, (key, found[1])))


def _inner_table(value: Schema, defs: dict[str, Schema]) -> tuple[Schema, bool] | None:
    """The table that a key holds, and whether it holds a list of them."""
    for option in _options(value):
        if "$ref" in option:
            return defs[option["$ref"].rsplit("/", 1)[1]], False
        if "$ref" in option.get("items", {}):
            return defs[option["items"]["$ref"].rsplit("/", 1)[1]], True
    return None


def _options(value: Schema) -> list[Schema]:
    """The ways in which a value may be written; leaving it out is none of them."""
    return [option for option in value.get("anyOf", [value]) if option.get("type") != "null"]


def _heading(path: tuple[tuple[str, bool], ...]) -> str:
    name = ".".join(key for key, _ in path)
    return f"## `[[{name}]]`" if path[-1][1] else f"## `[{name}]`"


def _row(key: str, value: Schema, defs: dict[str, Schema], *, needed: bool) -> str:
    words = " or ".join(_words(option) for option in _options(value))
    left_out = (
        "must be there"
        if needed
        else "by kind"
        if key in _BY_KIND and value.get("default") is None
        else _default(value.get("default"))
    )
    # Where a key is described in the words of its table, the schema says them there alone.
    table = _inner_table(value, defs)
    meaning = value["description"] if table is None or "description" in value else table[0]["description"]
    return f"| `{key}` | {words} | {left_out} | {meaning} |"


def _default(value: object) -> str:
    match value:
        case None | []:
            return "none"
        case dict():
            return "its own defaults"
        case list():
            return ", ".join(f"`{item}`" for item in value)
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


def _words(option: Schema) -> str:
    """The kind of value, for a person."""
    if "$ref" in option:
        return "a table, below"
    if "prefixItems" in option:
        return "point"
    if "items" in option:
        return "tables, below" if "$ref" in option["items"] else f"list: {_words(option['items'])}"
    choices = option.get("enum", [option["const"]] if "const" in option else [])
    return ", ".join(f"`{choice}`" for choice in choices) or _scalar(option)


def _scalar(option: Schema) -> str:
    match option["type"]:
        case "integer":
            return f"whole number{_range(option)}"
        case "number":
            return f"number{_range(option)}"
        case "boolean":
            return "`true`, `false`"
        case _ if option.get("pattern") == ID_PATTERN:
            return "name"
        case _:
            return "path" if option.get("format") == "path" else "text"


def _range(option: Schema) -> str:
    low = f" from {option['minimum']:g}" if "minimum" in option else ""
    low = f" above {option['exclusiveMinimum']:g}" if "exclusiveMinimum" in option else low
    return f"{low} to {option['maximum']:g}" if "maximum" in option else low


def _kinds() -> str:
    """What each kind of rule takes where its table says nothing."""
    rows = [
        f"| `{kind}` | `{it.place}`{'' if it.place_needed else ', or the whole picture'} | {it.after_s:g} "
        f"| {it.cooldown_s:g} | {it.min_confidence:g} | {it.count or ''} | {', '.join(it.labels)} "
        f"| {', '.join(it.armed_in)} |"
        for kind, it in KIND_DEFAULTS.items()
    ]
    head = [
        "| kind | watches | `after_s` | `cooldown_s` | `min_confidence` | `count` | `labels` | `armed_in` |",
        "|-|-|-|-|-|-|-|-|",
    ]
    return "\n".join(["## What a rule takes where its table says nothing", "", *head, *rows, ""])


if __name__ == "__main__":
    sys.stdout.write(reference())
