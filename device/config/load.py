"""Reads a configuration file and says in one line each what is wrong with it. Knows no key by name."""

import difflib
import json
import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from device.config.cameras import SlotsTable
from device.config.lines import KeyPath, key_lines, line_of
from device.config.model import Config
from device.config.rules import RuleError, build_rules
from device.errors import ConfigError

_ALTERNATIVES = frozenset({SlotsTable.__name__, "literal['auto']"})
"""How pydantic names the ways in which `slots` may be written."""


def load_config(path: Path) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: one line for each fault, each with file, line and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file; docs/examples/ has some to start from") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse_config(text, str(path))


def parse_config(text: str, name: str) -> Config:
    """Check the text of a configuration; ``name`` stands in the errors.

    Raises:
        ConfigError: as ``load_config``.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: is not TOML: {error}") from error
    try:
        # By way of JSON, as only there "strict" takes a list for a tuple and a text for a path, and yet no text for a
        # number and no true for a 1. A date is nothing that any key takes.
        as_json = json.dumps(document, default=lambda date: {"date": str(date)})
        config = Config.model_validate_json(as_json, strict=True)
    except ValidationError as error:
        raise ConfigError("\n".join(_sentences(error.errors(), key_lines(text), name))) from error
    _check_rules(config, text, name)
    return config


def _check_rules(config: Config, text: str, name: str) -> None:
    """Find what only shows when the rules are made."""
    faults = []
    for number, camera in enumerate(config.cameras):
        try:
            build_rules(camera)
        except RuleError as fault:
            line = line_of(key_lines(text), ("cameras", number, *fault.path))
            faults.append(f"{name}:{line}: {fault}" if line else f"{name}: {fault}")
    if faults:
        raise ConfigError("\n".join(faults))


def _sentences(found: list[ErrorDetails], lines: dict[KeyPath, int], name: str) -> list[str]:
    """What is wrong, from top to bottom, each place once."""
    faults: dict[KeyPath, ErrorDetails] = {}
    for fault in found:
        faults.setdefault(_keys_only(fault), fault)
    # A list whose items are wrong is also told to be too short: only the innermost fault says something.
    inner = [path for path in faults if not any(path == other[: len(path)] for other in faults if path != other)]
    told = {_sentence(path, faults[path], lines, name) for path in inner}
    return [text for _, text in sorted(told)]


def _sentence(path: KeyPath, fault: ErrorDetails, lines: dict[KeyPath, int], name: str) -> tuple[int, str]:
    """Line number and sentence of one fault."""
    line = line_of(lines, path)
    place = f"{name}:{line}" if line else name
    return line or 0, f"{place}: {_dotted(path)}: {_complaint(fault, path)}"


def _keys_only(fault: ErrorDetails) -> KeyPath:
    """The path of a fault without the names of alternatives that pydantic puts into it."""
    loc = fault["loc"]
    own = len(loc) - 1 if fault["type"] == "extra_forbidden" else len(loc)
    return (*(part for part in loc[:own] if part not in _ALTERNATIVES), *loc[own:])


def _complaint(fault: ErrorDetails, path: KeyPath) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown key{_nearest(str(path[-1]), _valid_keys(path[:-1]))}"
        case "missing":
            return "is missing"
        case "value_error":
            return fault["msg"].removeprefix("Value error, ")
        case "literal_error":
            valid = [word.strip(" '") for word in fault["ctx"]["expected"].replace(" or ", ", ").split(",")]
            return f"{fault['input']!r} is not known{_nearest(str(fault['input']), valid)}"
        case _:
            message = fault["msg"]
            return f"{message[:1].lower()}{message[1:]}, not {_short(fault['input'])}"


def _nearest(word: str, valid: list[str]) -> str:
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(valid)}"


def _valid_keys(path: KeyPath) -> list[str]:
    """The keys that the table at a path may have."""
    model: Any = Config
    for part in path:
        if isinstance(part, str):
            model = _table_of(model.model_fields[part].annotation)
    return list(model.model_fields)


def _table_of(annotation: Any) -> type[BaseModel]:
    """The table inside an annotation such as ``tuple[ZoneTable, ...] | None``."""
    for part in (annotation, *_parts(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    raise TypeError(f"no table in {annotation}")


def _parts(annotation: Any) -> list[Any]:
    """Everything that an annotation is made of, at any depth."""
    return [deep for part in get_args(annotation) for deep in (part, *_parts(part))]


def _dotted(path: KeyPath) -> str:
    """``cameras[0].zones[1].polygon`` as people write it, counted from 1 as people count."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
