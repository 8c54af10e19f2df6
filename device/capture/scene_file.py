"""Scene files: TOML to ``Scene``, closed, with errors that name file and key. Knows nothing of drawing."""

import dataclasses
import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from device.capture.scene import Figure, Light, Scene
from device.capture.scene_goods import Act, Rack
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Shade, Tamper, Thing
from device.errors import CameraError

T = TypeVar("T", Scene, Figure, Light, Rack, Act, Shade, Thing, Tamper)
_Read = Callable[[object], object]


def load_scene(path: Path) -> Scene:
    """Read a scene.

    Raises:
        CameraError: there is no such file, or it is no scene; the message names file and key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise CameraError(
            f"{path}: cannot be read ({fault.strerror}); check the path in the camera's source"
        ) from fault
    except ValueError as fault:  # not UTF-8, or not TOML
        raise CameraError(f"{path}: is no TOML file: {fault}") from fault
    return scene_of(table, str(path))


def scene_of(table: object, name: str) -> Scene:
    """Make a scene of a table that has been read; ``name`` stands in the errors.

    Raises:
        CameraError: it is no scene; the message names the key.
    """
    try:
        return _made(Scene, table, "")
    except ValueError as fault:
        raise CameraError(f"{name}: {fault}; correct the scene file") from fault


def _made(kind: type[T], table: object, where: str) -> T:
    """A scene, figure or light of a TOML table; ``where`` is the prefix of its keys in messages."""
    if not isinstance(table, dict):
        raise ValueError(f"{where.rstrip('.')}: must be a table")
    known = {field.name: field for field in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise ValueError(f"unknown key {where}{key}" + (f", did you mean {near[0]}?" if near else ""))
        read = _word if known[key].type is str else _READ.get(key) or _number(known[key].type is int)
        try:
            values[key] = read(value)
        except ValueError as fault:
            raise ValueError(f"{where}{key}: {fault}") from fault
    missing = [name for name, field in known.items() if name not in values and _is_required(field)]
    if missing:
        raise ValueError(f"{where}{missing[0]}: is missing")
    return kind(**values)


def _is_required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _number(whole: bool) -> _Read:
    def read(value: object) -> float:
        allowed = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed) or not abs(value) < 1e9:
            raise ValueError(f"must be a {'whole ' if whole else ''}number, not {value!r}")
        return value

    return read


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"must be a list, not {value!r}")
    return value


def _tables(kind: type[T]) -> _Read:
    return lambda value: tuple(_made(kind, table, f"[{at}].") for at, table in enumerate(_items(value)))


def _numbers(value: object, count: int, whole: bool = False) -> list[float]:
    numbers = [_number(whole)(part) for part in _items(value)]
    if len(numbers) != count:
        raise ValueError(f"must be {count} numbers, not {value!r}")
    return numbers  # type: ignore[return-value]  # _number returns nothing else


def _path(value: object) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(*_numbers(point, 3)) for point in _items(value))


def _several(count: int, *, whole: bool = False) -> _Read:
    return lambda value: tuple(_numbers(value, count, whole=whole))


def _slots(value: object) -> tuple[float, ...]:
    return tuple(_number(whole=True)(slot) for slot in _items(value))  # type: ignore[misc]  # _number returns nothing else


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a word, not {value!r}")
    return value


_READ: Mapping[str, _Read] = {
    "figures": _tables(Figure),
    "lights": _tables(Light),
    "racks": _tables(Rack),
    "acts": _tables(Act),
    "shades": _tables(Shade),
    "things": _tables(Thing),
    "tampers": _tables(Tamper),
    "path": _path,
    "tint": _several(2, whole=True),
    "box": _several(4),
    "size_frac": _several(2),
    "empty": _slots,
    "deep": _flag,
    "kind": _word,
    "rack": _word,
    "side": _word,
}
"""Keys whose values are no plain numbers."""
