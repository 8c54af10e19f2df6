"""The page as people use it: in Chromium, on a phone and on a desk."""

import io
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.cli import main
from device.config import load_config
from device.core.event import Event
from device.core.search import Search
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene
from tests.events import make_event
from tests.pins.waiting import soon
from tests.web.served import PASSWORDS, Served, served

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="no Chromium here"),
]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 860}}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all tests; each has a window of its own."""
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()


class Window:
    """A window of a browser; whatever a page complains about fails the test."""

    def __init__(self, chromium: Any, url: str, **kind: Any) -> None:
        self.url = url
        self.context = chromium.new_context(**kind)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)

    def open(self, path: str) -> Any:
        """Go to a page; one with a stream never finishes loading."""
        self.page.goto(self.url + path, wait_until="domcontentloaded")
        return self.page

    def log_in(self, name: str = "anna", password: str | None = None) -> Any:
        """By the form."""
        page = self.open("/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password or PASSWORDS[name])
        page.get_by_role("button", name="Log in").click()
        page.locator("#panel").wait_for()
        return page

    def _note(self, message: Any) -> None:
        # Chromium notes each answer of 4xx; what was asked there, the test knows.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Served]:
    """A page that is served."""
    with served(tmp_path) as page:
        yield page


@pytest.fixture
def window(chromium: Any, page: Served) -> Iterator[Window]:
    """A phone's."""
    window = Window(chromium, page.url, **PHONE)
    yield window
    window.context.close()
    assert window.complaints == []


def enter(page: Any, pin: str) -> None:
    """Type a PIN by touching its digits."""
    for digit in pin:
        page.locator(f'[data-digit="{digit}"]').tap()
    page.get_by_role("button", name="OK").tap()


def test_a_phone_arms_and_disarms(window: Window, page: Served) -> None:
    """A wrong PIN is said and changes nothing; the right one disarms; arming needs none; the page shows it."""
    shown = window.log_in("gert")
    heading = shown.locator("#panel-text")
    assert heading.inner_text() == "Armed, away"
    # The buttons stand before their script has run; its stream is there once it has.
    assert soon(lambda: len(page.feed._streams) == 1)
    shown.get_by_role("button", name="Disarm").tap()
    enter(shown, "1111")
    shown.get_by_text("wrong PIN").wait_for()
    assert page.work.guard.standing().armed == "away"
    enter(shown, "4711")
    playwright.expect(heading).to_have_text("Disarmed")
    assert page.work.guard.standing().armed == "disarmed"
    shown.get_by_role("button", name="Night").tap()
    playwright.expect(heading).to_have_text("Arming: leave now")
    playwright.expect(shown.locator("#left")).to_contain_text("s")
    # As wide as the phone: nothing to scroll sideways.
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_wrong_password(window: Window) -> None:
    """It is said where it was typed."""
    shown = window.open("/")
    shown.get_by_label("Name").fill("anna")
    shown.get_by_label("Password").fill("not hers at all")
    shown.get_by_role("button", name="Log in").click()
    assert "nobody's" in shown.get_by_role("alert").inner_text()


def test_an_event_appears_by_itself(window: Window, page: Served) -> None:
    """On the overview and in the list, where it fits the filter; what it brings along is text."""
    shown = window.log_in("vera")
    # The stream is there once the page has heard how the panel stands.
    assert soon(lambda: len(page.feed._streams) == 1)
    page.tell(make_event(seq=1, priority="alarm", reasons=("<img src=x onerror=alert(1)>",)))
    first = shown.locator("#latest .event.alarm").first
    first.wait_for()
    assert "<img src=x" in first.inner_text()
    before = set(page.feed._streams)
    window.open("/events?priority=alarm")
    assert soon(lambda: bool(page.feed._streams - before))
    page.tell(make_event(seq=2, priority="notice"))
    page.tell(make_event(seq=3, priority="alarm", kind="panic", camera=None, zone=None))
    shown.locator("#events").get_by_text("Panic").wait_for()
    assert shown.locator("#events .event").count() == 2
    shown.locator("#events a").first.tap()
    shown.get_by_role("heading", name="Panic").wait_for()


def test_an_answer_that_comes_late_takes_no_news_away(
    window: Window, page: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list that was asked for before an event is shown after it: the event stays."""
    search, go_on = page.book.search, threading.Event()

    def late(wanted: Search) -> list[Event]:
        found = search(wanted)
        go_on.wait(20.0)
        return found

    monkeypatch.setattr(page.book, "search", late)
    ids = [f"01a21f03-8813-7000-8ccd-00000000000{number}" for number in (1, 2)]
    page.tell(make_event(seq=1, id=ids[0], event_id=ids[0], priority="alarm"))
    shown = window.log_in("vera")
    assert soon(lambda: len(page.feed._streams) == 1)
    page.tell(make_event(seq=2, id=ids[1], event_id=ids[1], priority="alarm", kind="panic", camera=None, zone=None))
    shown.locator("#latest").get_by_text("Panic").wait_for()
    go_on.set()
    shown.locator(f'#latest [data-id="{ids[0]}"]').wait_for()
    assert shown.locator("#latest .event").count() == 2


def test_what_was_asked_for_and_is_told_as_well_is_shown_once(window: Window, page: Served) -> None:
    """The list has an event before the stream brings it: an answer may overtake it."""
    alarm = make_event(seq=1, priority="alarm")
    page.tell(alarm)
    shown = window.log_in("vera")
    assert soon(lambda: len(page.feed._streams) == 1)
    shown.locator("#latest .event").wait_for()
    page.tell(alarm)
    page.tell(make_event(seq=2, priority="alarm", kind="panic", camera=None, zone=None))
    shown.locator("#latest").get_by_text("Panic").wait_for()
    assert shown.locator("#latest .event").count() == 2


def test_a_verdict_is_kept(window: Window, page: Served) -> None:
    """Pressed, and still pressed when the page is loaded again; pressed again it is taken back."""
    alarm = page.tell(make_event(seq=1, priority="alarm"))
    window.log_in("gert")
    shown = window.open(f"/events/{alarm.event_id}")
    button = shown.get_by_role("button", name="False alarm")
    button.tap()
    playwright.expect(button).to_have_attribute("aria-pressed", "true")
    assert page.book.remark(alarm.event_id).verdict == "false"
    window.open(f"/events/{alarm.event_id}")
    playwright.expect(button).to_have_attribute("aria-pressed", "true")
    shown.get_by_role("button", name="Keep the evidence").tap()
    assert soon(lambda: page.book.remark(alarm.event_id).locked)
    button.tap()
    assert soon(lambda: page.book.remark(alarm.event_id).verdict is None)


def test_a_zone_is_drawn(chromium: Any, page: Served) -> None:
    """Three touches, a name, a kind, saved: it stands in the file. What would be wrong is refused with the reason."""
    window = Window(chromium, page.url, **DESK)
    window.log_in("anna")
    shown = window.open("/zones")
    canvas = shown.locator("#canvas")
    assert soon(lambda: bool(shown.evaluate("document.getElementById('canvas').height === 720")))
    shown.get_by_role("button", name="+ Zone").click()
    box = canvas.bounding_box()
    for x, y in ((0.55, 0.2), (0.95, 0.2), (0.75, 0.6)):
        shown.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    shown.get_by_role("button", name="Finish shape").click()
    shown.get_by_label("Name").fill("door")
    shown.get_by_label("Kind").select_option("till")
    shown.get_by_role("button", name="Save").click()
    assert "twice" in shown.get_by_role("alert").inner_text()
    shown.get_by_label("Name").fill("till")
    shown.get_by_role("button", name="Save").click()
    assert soon(lambda: page.reloads == 1)
    zones = {zone.id: zone for zone in load_config(page.config_file).cameras[0].zones}
    assert zones["till"].kind == "till"
    assert zones["till"].polygon[0] == pytest.approx((0.55, 0.2), abs=0.01)
    # A point is moved by the keyboard, and dragged by the mouse.
    canvas.focus()
    shown.keyboard.press("n")
    shown.keyboard.press("ArrowRight")
    box = canvas.bounding_box()
    shown.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.2 * box["height"])
    shown.mouse.down()
    shown.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.3 * box["height"], steps=3)
    shown.mouse.up()
    shown.get_by_role("button", name="Save").click()
    assert soon(lambda: page.reloads == 2)
    moved = {zone.id: zone for zone in load_config(page.config_file).cameras[0].zones}["till"].polygon
    assert moved[0] == pytest.approx((0.555, 0.2), abs=0.01)
    assert moved[1] == pytest.approx((0.9, 0.3), abs=0.01)
    window.context.close()
    assert window.complaints == []


def test_every_page_can_be_read(window: Window, page: Served) -> None:
    """Each control has a name, each picture a text, and nothing runs off a phone's side."""
    alarm = page.tell(make_event(seq=1, priority="alarm", reasons=("a long reason " * 20,)))
    window.log_in("anna")
    for path in ("/", "/events", f"/events/{alarm.event_id}", "/health", "/zones"):
        shown = window.open(path)
        nameless = shown.evaluate(
            """() => [...document.querySelectorAll("button, input:not([type=hidden]), select, img")].filter(it =>
                !(it.textContent.trim() || it.ariaLabel || it.title || it.hasAttribute("alt") || it.labels?.length)
            ).map(it => it.outerHTML)"""
        )
        assert nameless == []
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert shown.evaluate("document.documentElement.lang") == "en"


def test_a_clip_of_the_real_service_plays(chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a figure in a drawn scene to moving pictures in the browser; the live picture comes too."""
    more = "[recording]\npost_roll_s = 1.0\n[web]\nlisten = '127.0.0.1:0'\n"
    config = write_config(tmp_path, source=write_scene(tmp_path), more=more)
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long password\n"))
    assert main(("user", "add", "anna", "--role", "admin", "--config", str(config))) == 0
    with Daemon(config) as daemon:
        daemon.until(lambda: '"event": "page"' in daemon.log(), "the page")
        port = daemon.log().partition("http://127.0.0.1:")[2].partition('"')[0]
        window = Window(chromium, f"http://127.0.0.1:{port}", **DESK)
        shown = window.log_in("anna", "a long password")
        live = "document.querySelector('.camera img').naturalWidth > 0"
        assert soon(lambda: bool(shown.evaluate(live)))
        daemon.until(lambda: any((tmp_path / "state" / "evidence").glob("*/clip.mp4")), "a clip")
        event_id = next((tmp_path / "state" / "evidence").glob("*/clip.mp4")).parent.name
        window.open(f"/events/{event_id}")
        video = shown.locator("video")
        video.evaluate("it => { it.muted = true; return it.play(); }")
        assert soon(lambda: bool(video.evaluate("it => it.currentTime > 0.3 && it.videoWidth === 320")))
        window.context.close()
        assert window.complaints == []
        assert daemon.end() == 0
    shutil.rmtree(tmp_path / "state")


def test_an_admin_sets_the_clock(window: Window, page: Served) -> None:
    """Where no network has told the time, to what the browser has; the offer is gone then."""
    page.work.clock.set_wall(page.work.clock.wall(), synced=False)
    window.log_in()
    shown = window.open("/health")
    shown.wait_for_function("document.getElementById('here').textContent.length > 8")
    shown.get_by_role("button", name="Set the device's clock").tap()
    assert soon(page.work.clock.synced)
    assert abs(page.work.clock.wall() - shown.evaluate("Date.now()") / 1000) < 30.0
