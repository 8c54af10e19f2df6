"""Drawings written into the text of a configuration."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config.edit import redraw
from device.errors import ConfigError

TEXT = """# head
[device]
id = "a"  # mine
state_dir = "/s"

[[cameras]]
id = "c"   # first
source = "synthetic:"

  # the counter
  [[cameras.zones]]
  id = "counter"   # a zone
  polygon = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]

  [[cameras.rules]]
  kind = "loitering"  # stay
  zone = "counter"

[[cameras]]
id = "d"
source = "synthetic:"
masks = [[[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]]

[web]
listen = "127.0.0.1:1"
"""
NOTHING: dict[str, list[Any]] = {"zones": [], "lines": [], "shelves": [], "masks": []}

Drawn = dict[str, list[Any]]

_point = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(list)
_polygon = st.lists(_point, min_size=3, max_size=5)


def _tables(prefix: str, **columns: st.SearchStrategy[object]) -> st.SearchStrategy[list[dict[str, object]]]:
    one = st.fixed_dictionaries(columns)
    return st.lists(one, max_size=3).map(lambda rows: [{"id": f"{prefix}{i}", **row} for i, row in enumerate(rows)])


_slots = st.just("auto") | st.fixed_dictionaries({"rows": st.integers(1, 9), "columns": st.integers(1, 9)})
drawings = st.fixed_dictionaries(
    {
        "zones": _tables("z", kind=st.sampled_from(["zone", "till"]), polygon=_polygon),
        "lines": _tables("l", kind=st.sampled_from(["line", "exit"]), start=_point, end=_point),
        "shelves": _tables("s", slots=_slots, polygon=_polygon),
        "masks": st.lists(_polygon, max_size=3),
    }
)


@settings(max_examples=15)
@given(drawings, drawings, st.sampled_from("cd"))
def test_any_drawing_after_any_other(first: Drawn, then: Drawn, camera: str) -> None:
    """The file reads as drawn, and nothing else in it changes."""
    text = redraw(redraw(TEXT, camera, first), camera, then)
    cameras = {it["id"]: it for it in tomllib.loads(text)["cameras"]}
    for key in ("zones", "lines", "shelves"):
        assert [it["id"] for it in cameras[camera].get(key, [])] == [it["id"] for it in then[key]]
    assert len(cameras[camera].get("masks", [])) == len(then["masks"])
    other = "d" if camera == "c" else "c"
    assert cameras[other] == {it["id"]: it for it in tomllib.loads(TEXT)["cameras"]}[other]
    assert "# head" in text
    assert 'id = "a"  # mine' in text


def test_what_stays_keeps_its_comments() -> None:
    """A zone that is moved is the same zone; what need not be said is not added."""
    zone = {"id": "counter", "kind": "zone", "polygon": [[0.2, 0.2], [0.5, 0.2], [0.123456, 0.9]]}
    text = redraw(TEXT, "c", {**NOTHING, "zones": [zone]})
    assert text == TEXT.replace("[[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]", "[[0.2, 0.2], [0.5, 0.2], [0.1235, 0.9]]")


def test_nothing_new_changes_nothing() -> None:
    """Not a byte."""
    masks = [[[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]]
    assert redraw(TEXT, "d", {**NOTHING, "masks": masks}) == TEXT


@pytest.mark.parametrize(("text", "why"), [("[[", "cannot be changed"), (TEXT, "no camera 'x'")])
def test_what_cannot_be_drawn_on(text: str, why: str) -> None:
    """It is refused."""
    with pytest.raises(ConfigError, match=why):
        redraw(text, "x", NOTHING)


def test_tables_written_in_one_line() -> None:
    """Zones as a list of inline tables work too, or are refused: never half done."""
    text = TEXT.replace(
        "masks = [[[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]]",
        'zones = [{id = "z", polygon = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]]}]',
    )
    zone = {"id": "z", "kind": "till", "polygon": [[0.2, 0.2], [0.5, 0.2], [0.1, 0.9]]}
    changed = redraw(text, "d", {**NOTHING, "zones": [zone]})
    assert tomllib.loads(changed)["cameras"][1]["zones"] == [zone]
