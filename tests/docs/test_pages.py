"""What the pages point to is there, and what they show works."""

import re
import tomllib
from pathlib import Path

import pytest

from device.config import load_config, parse_config
from device.config.rules import build_rules
from tests.docs import PAGES, ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.toml"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?:^|`)make ([a-z0-9-]+)", re.MULTILINE)


def name_of(path: Path) -> str:
    """The path inside the project."""
    return path.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """What links may name inside a page."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file or a heading of the project finds it."""
    broken = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    """Whatever ``make`` is asked for in a page, the Makefile has."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(MAKE.findall(page.read_text(encoding="utf-8"))) <= targets


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_toml_in_pages(page: Path) -> None:
    """A block of TOML can be read, and one with a device is a whole configuration."""
    for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "toml":
            document = tomllib.loads(text)
            if "device" in document:
                parse_config(text, name_of(page))


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_examples(example: Path) -> None:
    """Every example is a right configuration whose rules can be built."""
    for camera in load_config(example).cameras:
        build_rules(camera)


def test_there_are_examples() -> None:
    """People without zones are the first."""
    assert "docs/examples/track.toml" in [name_of(path) for path in EXAMPLES]


def test_the_page_to_begin_with() -> None:
    """The README leads on to the docs."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "make demo" in readme
    assert "docs/" in readme
