"""The installer's page: what stands on it, and that it is one."""

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.clock import SimulatedClock
from device.config import Config, parse_config
from device.core.frame import Frame
from device.errors import UsageError
from device.page_parts import first_code_of, users_of
from device.selftest.album import Album
from device.selftest.finding import Finding
from device.selftest.page import html_of
from device.selftest.print import pdf_of
from device.selftest.report import make_report, places_of, write_report
from device.selftest.sheet import ReportSheet
from device.store.store import Store
from tests.device.drawn import CONFIG

FOUND = [Finding("camera", "aisle", "ok", "320x240 <b>&"), Finding("broker", "", "failed", "nobody answers")]
WEB = '\n[web]\nlisten = "0.0.0.0:8443"\n'


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A device that has run, and whose page all of the network may reach."""
    with closing(Store.open(tmp_path / "state")):
        pass
    return parse_config(CONFIG.format(state_dir=tmp_path / "state", source="synthetic:") + WEB, "test")


def sheet_of(config: Config, found: list[Finding] | None = None) -> ReportSheet:
    """A page with one grey picture."""
    album = Album()
    album.keep(config.cameras[0], Frame(0, 0.0, None, np.full((360, 320), 128, dtype=np.uint8)))
    return make_report(config, FOUND if found is None else found, album, SimulatedClock())


def pages(pdf: bytes) -> int:
    """How many sheets a PDF has."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_what_stands_on_it(config: Config) -> None:
    """Each line that was tried, how the device is reached and known, and a place to sign; nothing from elsewhere."""
    sheet = sheet_of(config)
    text = html_of(sheet)
    for wanted in (
        "320x240 &lt;b&gt;&amp;",
        "nobody answers",
        "something failed",
        "zone floor, line door",
        "signature",
    ):
        assert wanted in text
    for _, value in (*sheet.reach(), *sheet.versions):
        assert value in text
    assert sheet.key is not None
    assert sheet.host.endswith(".local")
    assert not re.search(r'(src|href)="(?!data:)', text)


def test_the_code_on_it_opens_the_page(config: Config) -> None:
    """The QR code leads to the form, and its code is the one that the page takes."""
    sheet = sheet_of(config)
    assert sheet.way is not None
    assert first_code_of(config).matches(sheet.way.code)
    png = sheet.qr_png()
    assert png is not None
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    # Told where the code is, inside four modules of white: OpenCV alone does not find some that any phone reads.
    near, far = 4 * 8, picture.shape[0] - 4 * 8 - 1
    corners = np.array([[[near, near], [far, near], [far, far], [near, far]]], np.float32)
    read, _ = cv2.QRCodeDetector().decode(picture, corners)
    assert read == sheet.link
    assert sheet.way.code in read
    assert str(sheet.way.fingerprint).replace(":", "").lower() in read


def test_no_code_once_there_are_accounts(config: Config) -> None:
    """It would open nothing; the address is still told."""
    users_of(config).add("ada", "admin", "correct horse battery")
    sheet = sheet_of(config)
    assert sheet.way is not None
    assert (sheet.way.code, sheet.link) == ("", sheet.way.address)
    assert "there are accounts already" in html_of(sheet)


def test_a_device_that_never_ran(tmp_path: Path) -> None:
    """Nothing is made that the service would make, and there is a page all the same."""
    config = parse_config(CONFIG.format(state_dir=tmp_path / "state", source="synthetic:") + WEB, "test")
    sheet = make_report(config, FOUND, Album(), SimulatedClock())
    assert (sheet.key, sheet.way, sheet.qr_png()) == (None, None, None)
    assert "No camera gave a picture" in html_of(sheet)
    assert pages(pdf_of(sheet)) == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("lines", "pictures"), [(2, 1), (60, 1), (12, 4), (40, 8)])
def test_it_is_one_page(config: Config, lines: int, pictures: int) -> None:
    """However much was tried and however many cameras there are."""
    sheet = sheet_of(config, [Finding("pins", f"pin-{at}", "ok", "a long word " * 12) for at in range(lines)])
    assert pages(pdf_of(replace(sheet, stills=sheet.stills * pictures))) == 1


def test_where_it_goes(config: Config, tmp_path: Path) -> None:
    """Into a folder, or where a name says; both forms, for the owner's eyes."""
    folder = places_of(tmp_path)
    assert (folder.page.name, folder.print_.name) == ("selftest.html", "selftest.pdf")
    named = places_of(tmp_path / "shop.7.pdf")
    assert (named.page.name, named.print_.name) == ("shop.7.html", "shop.7.pdf")
    write_report(sheet_of(config), named)
    assert named.print_.read_bytes().startswith(b"%PDF-")
    assert named.page.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["report.txt", "nowhere/report.pdf", "nowhere"])
def test_where_it_cannot_go(tmp_path: Path, name: str) -> None:
    """That is said before anything is tried."""
    with pytest.raises(UsageError, match="--report"):
        places_of(tmp_path / name)
