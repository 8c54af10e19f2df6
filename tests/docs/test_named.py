"""Whatever a user can call, write or receive is named in the docs."""

import argparse
import ast
from collections.abc import Iterator

import pytest

from device.cli import build_parser
from device.config.reference import reference
from device.core.event import KINDS
from tests.docs import ROOT, everything
from training.cli import build_parser as build_training_parser


def commands(parser: argparse.ArgumentParser, name: str = "shopwarden") -> Iterator[tuple[str, list[str]]]:
    """Each command with its options."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield from commands(inner, f"{name} {word}")
            return
    options = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
    yield name, [option for option in options if option != "--help"]


COMMANDS = [*commands(build_parser()), *commands(build_training_parser(), "shopwarden-train")]


def topics() -> set[str]:
    """Every topic that a sink makes, with what it puts in as ``<name>``."""
    found = set()
    for path in (ROOT / "device" / "sinks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(p.value) if isinstance(p, ast.Constant) else f"<{_name(p)}>" for p in node.values]
                found |= {"".join(parts)} if parts[0].startswith("shopwarden/") else set()
    return found


def _name(part: ast.expr) -> str:
    value = part.value if isinstance(part, ast.FormattedValue) else part
    return ast.unparse(value).rpartition(".")[2].strip("_")


@pytest.mark.parametrize(("command", "options"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_commands(command: str, options: list[str]) -> None:
    """The reference of commands names each with all its options."""
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    section = page.partition(f"## `{command}")[2].partition("\n## ")[0]

    assert section, f"docs/reference/commands.md has no section about {command}"
    assert [option for option in options if f"`{option}" not in section] == []


@pytest.mark.parametrize("kind", KINDS)
def test_event_kinds(kind: str) -> None:
    """Each kind has its line in the reference of events."""
    page = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")

    assert f"| `{kind}` |" in page


def test_topics() -> None:
    """Each topic that is published to stands in the reference of MQTT."""
    page = (ROOT / "docs" / "reference" / "mqtt.md").read_text(encoding="utf-8")

    assert topics()
    assert [topic for topic in sorted(topics()) if f"`{topic}`" not in page] == []


def test_the_reference_of_the_configuration_is_up_to_date() -> None:
    """It is what the model says now; ``make docs`` writes it."""
    page = (ROOT / "docs" / "reference" / "config.md").read_text(encoding="utf-8")

    assert page == reference()


def test_the_model_names_in_docs_are_shipped() -> None:
    """Every detector that a page calls by name is there."""
    shipped = {path.stem for path in (ROOT / "models").glob("*.tflite")}
    text = everything()

    assert shipped
    assert [name for name in shipped if name not in text] == []
