"""Changes what is drawn in the text of a configuration and leaves the rest, comments too, as it is. Writes no file."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from device.errors import ConfigError

Drawn = Mapping[str, Sequence[Any]]
"""``zones``, ``lines`` and ``shelves`` as tables with an ``id``, ``masks`` as polygons."""
_TABLES: Final = ("zones", "lines", "shelves")
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "zones": {"kind": "zone"},
    "lines": {"kind": "line"},
    "shelves": {"slots": "auto"},
}
"""What need not be written."""
_DIGITS: Final = 4
"""Of a fraction: a hundredth of a pixel of the largest pictures is more than anybody can draw."""


def redraw(text: str, camera: str, drawn: Drawn) -> str:
    """The text of a configuration with other drawings on one camera's picture.

    What keeps its ``id`` keeps its place, its comments and its other keys.

    Raises:
        ConfigError: the text is no TOML, has no such camera, or is written in a way that cannot be changed safely.
    """
    # As it needs a megabyte, it is loaded when somebody draws.
    import tomlkit  # noqa: PLC0415
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    rounded = {key: [_rounded(item) for item in items] for key, items in drawn.items()}
    try:
        document = tomlkit.parse(text)
        table = next((it for it in document.get("cameras", ()) if it.get("id") == camera), None)
        if table is None:
            raise ConfigError(f"there is no camera {camera!r} in the file")
        _masks(tomlkit, table, rounded["masks"])
        for key in _TABLES:
            _merge(tomlkit, table, key, rounded[key])
        changed = tomlkit.dumps(document)
    except (TOMLKitError, ValueError) as error:
        raise ConfigError(f"the file cannot be changed: {error}") from error
    _sure(text, changed, camera, rounded)
    return changed


def _merge(tomlkit: Any, table: Any, key: str, items: list[dict[str, Any]]) -> None:
    """Bring a list of tables to what it is to be, by ``id``."""
    old = table.get(key, [])
    known = {it["id"]: it for it in old}
    if [it["id"] for it in old] == [it["id"] for it in items]:
        for item in items:
            _update(tomlkit, known[item["id"]], key, item)
        return
    if key in table:
        table.remove(key)
    if not items:
        return
    made = tomlkit.aot()
    for item in items:
        inner = known.get(item["id"]) or tomlkit.table()
        _update(tomlkit, inner, key, item)
        if item["id"] not in known:
            inner.add(tomlkit.nl())
        made.append(inner)
    table.append(key, made)


def _update(tomlkit: Any, inner: Any, key: str, item: dict[str, Any]) -> None:
    for name, value in item.items():
        if inner.get(name, _DEFAULTS[key].get(name)) != value:
            inner[name] = _value(tomlkit, value)


def _value(tomlkit: Any, value: Any) -> Any:
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        inline.update(value)
        return inline
    return tomlkit.item(value)


def _masks(tomlkit: Any, table: Any, masks: list[Any]) -> None:
    if list(table.get("masks", [])) == masks:
        return
    if "masks" in table and masks:
        table["masks"] = tomlkit.item(masks)
    elif "masks" in table:
        table.remove("masks")
    else:
        # Before the first table inside, where tomlkit puts plain keys.
        table.append("masks", tomlkit.item(masks))


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, _DIGITS)
        case list() | tuple():
            return [_rounded(part) for part in value]
        case dict():
            return {key: _rounded(part) for key, part in value.items()}
        case _:
            return value


def _sure(text: str, changed: str, camera: str, drawn: Drawn) -> None:
    """Read both again by other means: nothing but the drawing may differ.

    Raises:
        ConfigError: something else does.
    """
    wanted, got = tomllib.loads(text), tomllib.loads(changed)
    for it in wanted["cameras"]:
        if it["id"] == camera:
            for key in _TABLES:
                old = {part["id"]: part for part in it.get(key, [])}
                it[key] = [{**old.get(part["id"], {}), **part} for part in drawn[key]]
            it["masks"] = list(drawn["masks"])
    if [_full(it) for it in wanted.pop("cameras")] != [_full(it) for it in got.pop("cameras")] or wanted != got:
        raise ConfigError("the file is written in a way that cannot be changed safely: change it with an editor")


def _full(camera: dict[str, Any]) -> dict[str, Any]:
    """A camera's table with what may be left out."""
    drawn = {key: [{**_DEFAULTS[key], **part} for part in camera.get(key, [])] for key in _TABLES}
    return {**camera, **drawn, "masks": camera.get("masks", [])}
