"""What has happened: lists, filters, one event, evidence, verdicts, and news as they come."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.event import Event, Evidence
from device.web.evidence_file import evidence_file
from tests.events import make_event
from tests.web.served import Served, served

CLIP = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Five events, one of them an alarm with a clip and a still."""
    with served(tmp_path_factory.mktemp("events")) as page:
        for seq, priority in enumerate(("info", "notice", "warning", "alarm"), start=1):
            page.tell(make_event(seq=seq, priority=priority, reasons=(f"reason <b>{seq}</b>",)))
        alarm = page.book.events[-1]
        folder = page.state / "evidence" / alarm.event_id
        folder.mkdir(parents=True)
        (folder / "clip.mp4").write_bytes(CLIP)
        (folder / "still-1.jpg").write_bytes(b"jpeg")
        inside = f"evidence/{alarm.event_id}"
        evidence = Evidence(clip=f"{inside}/clip.mp4", stills=(f"{inside}/still-1.jpg",))
        changes = {"event_id": alarm.event_id, "seq": 5, "priority": "alarm", "state": "end", "evidence": evidence}
        page.tell(make_event(**changes))
        yield page


@pytest.fixture(scope="module")
def alarm(page: Served) -> Event:
    """The alarm."""
    return page.book.events[3]


def seqs(page: Served, query: str) -> list[int]:
    """What a list shows."""
    return [it["seq"] for it in page.client("vera").get(f"/api/events?{query}").json()["events"]]


def test_lists_and_filters(page: Served) -> None:
    """Newest first, without ends; by priority and above, kind, camera and day."""
    assert seqs(page, "") == [4, 3, 2, 1]
    assert seqs(page, "priority=warning") == [4, 3]
    assert seqs(page, "kind=armed") == []
    assert seqs(page, "camera=aisle&kind=person_in_zone&limit=2") == [4, 3]
    assert seqs(page, "before=3") == [2, 1]
    assert seqs(page, "day=2000-01-01") == [4, 3, 2, 1]
    assert seqs(page, "day=2001-01-01") == []


@pytest.mark.parametrize(
    "query",
    ["kind=murder", "priority=high", "camera=..", "day=tomorrow", "day=0001-01-01", "before=-1", "before=1e3",
     "limit=0", "limit=201", "before=99999999999999999999", "before=%F0%9D%9F%99"],
)  # fmt: skip
def test_filters_that_are_none(page: Served, query: str) -> None:
    """They are refused by name, by the API and by the page."""
    client = page.client("vera")
    for path in ("/api/events", "/events"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert answer.json()["error"].startswith(query.partition("=")[0])


def test_no_event_brings_markup(page: Served, alarm: Event) -> None:
    """Names and reasons are text, whatever is in them."""
    client = page.client("vera")
    for path in ("/events", f"/events/{alarm.event_id}"):
        text = client.get(path).text
        assert "reason &lt;b&gt;" in text
        assert "<b>" not in text


def test_one_event(page: Served, alarm: Event) -> None:
    """All its messages, with clip and stills; an unknown one is none."""
    client = page.client("gert")
    text = client.get(f"/events/{alarm.event_id}").text
    assert f"/api/evidence/{alarm.event_id}/clip.mp4" in text
    assert f"/api/evidence/{alarm.event_id}/still-1.jpg" in text
    found = client.get(f"/api/events/{alarm.event_id}").json()
    assert [it["state"] for it in found["messages"]] == ["start", "end"]
    assert client.get("/events/0190163d-8694-739b-aea5-966c26f8ad91").status_code == 404
    assert client.get("/events/nonsense").status_code == 404


def test_verdicts_and_locks_are_kept(page: Served, alarm: Event) -> None:
    """With who said it; they can be taken back."""
    client = page.client("gert")
    path = f"/api/events/{alarm.event_id}"
    assert client.post(f"{path}/verdict", json={"verdict": "false"}).status_code == 200
    assert client.post(f"{path}/lock", json={"locked": True}).status_code == 200
    said = client.get(path).json()
    assert (said["verdict"], said["by"], said["locked"]) == ("false", "gert (page 127.0.0.1)", True)
    assert client.post(f"{path}/verdict", json={"verdict": None}).status_code == 200
    assert client.get(path).json()["verdict"] is None
    unknown = "/api/events/0190163d-8694-739b-aea5-966c26f8ad91"
    assert client.post(f"{unknown}/verdict", json={"verdict": "true"}).status_code == 404
    assert client.post(f"{path}/verdict", json={"verdict": "maybe"}).status_code == 422


def test_a_clip_in_ranges(page: Served, alarm: Event) -> None:
    """As players ask for it; the first look of each is noted with who it was."""
    client, path = page.client("vera"), f"/api/evidence/{alarm.event_id}/clip.mp4"
    before = len(page.book.looks)
    whole = client.get(path)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, CLIP, "video/mp4")
    part = client.get(path, headers={"range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, CLIP[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(CLIP)}"
    assert client.get(path, headers={"range": "bytes=-5"}).content == CLIP[-5:]
    assert client.get(path, headers={"range": f"bytes={len(CLIP)}-"}).status_code == 416
    assert client.get(path, headers={"range": "bytes=nonsense"}).status_code in (200, 400)
    assert page.book.looks[before] == (f"{alarm.event_id}/clip.mp4", "vera (page 127.0.0.1)")


@pytest.mark.parametrize(
    "path",
    ["../../shopwarden.db", "..%2F..%2Fweb-secret", "%2e%2e/web-users", "/etc/passwd", "%2Fetc%2Fpasswd",
     "clip.mp4%00.jpg", "clip.mp4/", ".", "..", "CLIP.MP4", "clip.sh", "a\\b.mp4", "%252e%252e%252fweb-users"],
)  # fmt: skip
def test_no_path_leads_out_of_the_evidence(page: Served, alarm: Event, path: str) -> None:
    """Nothing but the files of the event, by their plain names."""
    answer = page.client("anna").get(f"/api/evidence/{alarm.event_id}/{path}")
    assert answer.status_code in (404, 405), answer.text


def test_links_lead_nowhere(page: Served, alarm: Event) -> None:
    """A link in the folder, or in place of one, is no evidence."""
    folder = page.state / "evidence" / alarm.event_id
    other = "0190163d-8694-739b-aea5-966c26f8ad92"
    (folder / "link.mp4").symlink_to(page.state / "web-users")
    (folder.parent / other).symlink_to(folder)
    client = page.client("anna")
    assert client.get(f"/api/evidence/{alarm.event_id}/link.mp4").status_code == 404
    assert client.get(f"/api/evidence/{other}/clip.mp4").status_code == 404


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_name_is(event_id: str, name: str) -> None:
    """No text that is not an id and a plain name finds a file, not even one that is there."""
    found = evidence_file(Path("/"), event_id, name)
    assert found is None


def test_news_as_they_come(page: Served) -> None:
    """An open page hears of an event once it is on disk, and how the panel stands."""
    client = page.client("vera")
    with client.stream("GET", "/api/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: panel"
        assert json.loads(next(lines).removeprefix("data: ")) == {"panel": "armed_away"}
        while "retry" not in next(lines):
            pass
        told = make_event(seq=99, reasons=("a line\nbreak",))
        page.feed.offer(told)
        found = [line for line in (next(lines) for _ in range(3)) if line]
        assert found[0] == "event: event"
        assert json.loads(found[1].removeprefix("data: "))["id"] == told.id


def test_pictures(page: Served) -> None:
    """With boxes if asked; an unknown camera has none."""
    client = page.client("vera")
    answer = client.get("/api/cameras/aisle/picture.jpg?boxes=1")
    assert answer.headers["content-type"] == "image/jpeg"
    assert page.pictures.asked[-1] == ("aisle", True, False)
    assert client.get("/api/cameras/cellar/picture.jpg").status_code == 404


def test_who_may_only_look_sees_people_as_the_camera_says(tmp_path: Path) -> None:
    """Coarse blocks for a viewer; a guard must recognise whom to stop."""
    with served(tmp_path) as page:
        page.parts.config.__dict__["cameras"] = tuple(
            camera.model_copy(update={"pixelate_people": True}) for camera in page.parts.config.cameras
        )
        for who in ("vera", "gert"):
            page.client(who).get("/api/cameras/aisle/picture.jpg")
        assert [pixelated for _, _, pixelated in page.pictures.asked] == [True, False]


def test_a_clip_that_two_alarms_share(page: Served, alarm: Event) -> None:
    """The later one's page shows the file in the earlier one's folder."""
    shared = Evidence(clip=f"evidence/{alarm.event_id}/clip.mp4")
    later = page.tell(make_event(seq=6, priority="alarm", state="end", evidence=shared))
    text = page.client("gert").get(f"/events/{later.event_id}").text
    assert f'src="/api/evidence/{alarm.event_id}/clip.mp4"' in text
