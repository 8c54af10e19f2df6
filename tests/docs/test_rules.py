"""The owner's guide to the rules is complete, its pieces work, and what it and the tuning page name exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest

from device.cli import main
from device.config import parse_config
from device.config.model import Config
from device.config.rules import build_rules, rule_tables
from device.core.event import ARMED_STATES, KINDS, PRIORITIES
from device.core.rules.table import KIND_DEFAULTS
from tests.device.drawn import WALK, write_clip
from tests.docs import ROOT

GUIDE, TUNING = ROOT / "docs" / "guide" / "rules.md", ROOT / "docs" / "guide" / "tuning.md"
HEAD = """
[device]
id = "guide"
state_dir = "out"
[[cameras]]
id = "aisle"
source = "synthetic:"
"""
SECTION = re.compile(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(GUIDE.read_text(encoding="utf-8")))
TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
VALUES = {"zone", "till", "staff", "ignore", "exit", "left", "right", "in", "out", *PRIORITIES, *ARMED_STATES}
"""Words in code type that are no keys."""


def keys(model: Any) -> Iterator[str]:
    """Every key of a table and of those in it."""
    for name, field in model.model_fields.items():
        yield name
        for inner in _tables(field.annotation):
            yield from keys(inner)


def _tables(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _tables(inner)


KEYS = set(keys(Config))


@pytest.mark.parametrize("kind", KIND_DEFAULTS)
def test_each_kind_has_its_section_with_a_piece_that_works(kind: str) -> None:
    """It asks for a rule of that kind, which can be built; and says what makes it speak wrongly."""
    section = SECTIONS[kind]
    (piece,) = TOML.findall(section)
    (camera,) = parse_config(HEAD + piece, f"rules.md, {kind}").cameras

    assert build_rules(camera)
    assert kind in {table.kind for table in rule_tables(camera)}
    assert "**Speaks wrongly**" in section
    assert "**Needs**" in section or KIND_DEFAULTS[kind].place == "picture"


def test_there_is_no_section_of_a_kind_that_is_none() -> None:
    """What is described can be asked for."""
    assert list(SECTIONS) == list(dict.fromkeys(SECTIONS))
    assert set(SECTIONS) == set(KIND_DEFAULTS)


def test_the_piece_about_staff_works() -> None:
    """It is a zone, hours, and a uniform."""
    text = GUIDE.read_text(encoding="utf-8").partition("## Staff")[2].partition("\n## ")[0]
    config = parse_config(HEAD + "\n".join(TOML.findall(text)), "rules.md, staff")
    (camera,) = config.cameras
    assert camera.zones[0].kind == "staff"
    assert camera.staff_hours
    assert config.staff is not None


@pytest.mark.parametrize("page", [GUIDE, TUNING], ids=lambda page: page.name)
def test_every_key_that_is_named_exists(page: Path) -> None:
    """Whatever stands in code type and looks like a key is one, or a kind, or a value of one."""
    named = re.findall(r"`\[?\[?([a-z][a-z0-9_.]*)\]?\]?(?: =[^`]*)?`", page.read_text(encoding="utf-8"))
    assert "min_confidence" in named
    known = KEYS | VALUES | set(KINDS) | {"person", "loitering-counter", "events.jsonl"}
    strange = [it for it in named if it not in known and not set(it.split(".")) <= known]
    assert strange == []


def test_the_tuning_page_has_a_row_for_each_kind() -> None:
    """Each rule can be too loud or too silent."""
    table = TUNING.read_text(encoding="utf-8").partition("## Rule by rule")[2]
    rows = "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)`", rows)) == set(KIND_DEFAULTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shop", "yard", "table"])
def test_the_examples_run_over_a_clip(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what ships, from the command line, and each of their rules is explained."""
    clip, example = write_clip(tmp_path / "clip.mp4", WALK), ROOT / "docs" / "examples" / f"{name}.toml"
    assert main(["replay", str(clip), "--config", str(example), "--out", str(tmp_path / "out"), "--explain"]) == 0
    said = capsys.readouterr()
    (camera,) = parse_config(example.read_text(encoding="utf-8"), name).cameras
    assert (said.out + said.err).count("\nrule ") + 1 >= len(rule_tables(camera))
    assert (tmp_path / "out" / "events.jsonl").is_file()
