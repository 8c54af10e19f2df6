"""Reads a TOML file into a closed model; every fault is one line with its key. Knows no key by name."""

import difflib
import json
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from training.errors import RecipeError

_Model = TypeVar("_Model", bound=BaseModel)


def read_text(path: Path) -> str:
    """The text of a recipe.

    Raises:
        RecipeError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise RecipeError(f"{path}: cannot be read: {reason}; give a recipe, a .toml file") from error


def parse_closed(text: str, name: str, model: type[_Model]) -> _Model:
    """Check the text of a TOML file.

    Args:
        text: of the file.
        name: of the file, for errors.
        model: what it must be; its tables forbid other keys.

    Raises:
        RecipeError: the first fault, with its key and the nearest one that is known.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name}: not TOML: {error}") from error
    try:
        # By way of JSON, as only there "strict" takes a list for a tuple, and yet no text for a number.
        return model.model_validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as error:
        # A mistyped key is also a missing one; only the first says what to do.
        faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        raise RecipeError(f"{name}: {_sentence(faults[0], model)}") from error


def _sentence(fault: ErrorDetails, model: type[BaseModel]) -> str:
    path = ".".join(str(part) for part in fault["loc"]) or "file"
    match fault["type"]:
        case "extra_forbidden":
            *tables, key = fault["loc"]
            return f"{path}: unknown key{_nearest(str(key), _keys(model, tables))}"
        case "missing":
            return f"{path}: is missing"
        case "value_error":
            return f"{path}: {fault['msg'].removeprefix('Value error, ')}"
        case _:
            message = fault["msg"]
            return f"{path}: {message[:1].lower()}{message[1:]}, not {str(fault['input'])[:60]!r}"


def _nearest(word: str, valid: list[str]) -> str:
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(valid)}"


def _keys(model: type[BaseModel], tables: list[Any]) -> list[str]:
    """The keys that the table at a path may have."""
    for table in tables:
        inner = model.model_fields[str(table)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
