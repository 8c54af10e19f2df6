"""What is drawn on the page ends up in the configuration file, or nothing does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.config import load_config
from device.errors import StoreError
from tests.web.served import Served, served

TRIANGLE = [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]


def drawn(page: Served, **changes: Any) -> dict[str, Any]:
    """What is there, changed."""
    found = page.client("anna").get("/api/drawing").json()
    return {**found["cameras"]["aisle"], "revision": found["revision"], **changes}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page whose file stays as it is."""
    with served(tmp_path_factory.mktemp("untouched")) as page:
        yield page


def test_a_drawing_is_written_and_read_again(tmp_path: Path) -> None:
    """Comments stay, the text before lies beside it, and the service is told."""
    with served(tmp_path, more="# the owner's own words\n") as page:
        before = page.config_file.read_text(encoding="utf-8")
        zones = [*drawn(page)["zones"], {"id": "till", "kind": "till", "polygon": TRIANGLE}]
        shelves = [{"id": "whisky", "polygon": TRIANGLE, "slots": {"rows": 1, "columns": 3}}]
        answer = page.client("anna").put(
            "/api/drawing/aisle", json=drawn(page, zones=zones, shelves=shelves, masks=[TRIANGLE])
        )
        assert answer.status_code == 200, answer.text
        camera = load_config(page.config_file).cameras[0]
        assert [zone.id for zone in camera.zones] == ["floor", "till"]
        assert camera.shelves[0].id == "whisky"
        assert len(camera.masks) == 1
        assert "the owner's own words" in page.config_file.read_text(encoding="utf-8")
        assert page.config_file.with_name("shop.toml.before").read_text(encoding="utf-8") == before
        assert page.reloads == 1
        assert [camera for camera, by in page.book.looks if by.startswith("anna")] == ["aisle"]
        assert answer.json()["revision"] == page.client("anna").get("/api/drawing").json()["revision"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"zones": [{"id": "door", "polygon": TRIANGLE}]}, "twice"),
        ({"zones": [{"id": "a", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}]}, "cross"),
        ({"zones": [{"id": "a b", "polygon": TRIANGLE}]}, "pattern"),
        ({"zones": [{"id": "a", "polygon": [[0.0, 0.0], [1.5, 0.0], [1.0, 1.0]]}]}, "less than or equal to 1"),
        ({"lines": [{"id": "l", "start": [0.5, 0.5], "end": [0.5, 0.5]}]}, ""),
        ({"masks": [TRIANGLE] * 65}, "64"),
        ({"rules": []}, "Extra"),
    ],
)
def test_a_drawing_that_would_be_wrong(untouched: Served, changes: dict[str, Any], why: str) -> None:
    """It is refused with the reason, and the file is as it was."""
    before = untouched.config_file.read_bytes()
    answer = untouched.client("anna").put("/api/drawing/aisle", json=drawn(untouched, **changes))
    assert answer.status_code == 422
    assert why in answer.json()["error"]
    assert untouched.config_file.read_bytes() == before
    assert untouched.reloads == 0


def test_a_zone_that_a_rule_names_cannot_go(tmp_path: Path) -> None:
    """The reason names the rule."""
    rule = '  [[cameras.rules]]\n  kind = "loitering"\n  zone = "floor"\n'
    with served(tmp_path, more=rule) as page:
        answer = page.client("anna").put("/api/drawing/aisle", json=drawn(page, zones=[]))
        assert answer.status_code == 422
        assert "rule 1 (loitering) names the zone 'floor'" in answer.json()["error"]


def test_somebody_else_was_faster(tmp_path: Path) -> None:
    """A drawing made from an older file is refused, so that nobody's change is lost."""
    with served(tmp_path) as page:
        body = drawn(page)
        page.config_file.write_text(page.config_file.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
        answer = page.client("anna").put("/api/drawing/aisle", json=body)
        assert answer.status_code == 409
        assert "load the page again" in answer.json()["error"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """The answer says which and why."""
    with served(tmp_path) as page:
        body = drawn(page, masks=[TRIANGLE])
        page.config_file.with_name("shop.toml.before").mkdir()
        answer = page.client("anna").put("/api/drawing/aisle", json=body)
        assert answer.status_code == 503
        assert "shop.toml: cannot be written" in answer.json()["error"]
        assert page.client("anna").put("/api/drawing/cellar", json=body).status_code == 404


def test_what_cannot_be_noted_is_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever moves a mask leaves a line in the audit, or the mask stays."""

    def fail(what: str, about: str, by: str) -> None:
        raise StoreError(f"{what}, {about}, {by}: the disk fails")

    with served(tmp_path) as page:
        monkeypatch.setattr(page.book, "note", fail)
        before = page.config_file.read_bytes()
        assert page.client("anna").put("/api/drawing/aisle", json=drawn(page, masks=[TRIANGLE])).status_code == 503
        assert page.config_file.read_bytes() == before
        assert page.reloads == 0
