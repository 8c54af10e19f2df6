"""Any input to any path: an answer of the 4xx kind or a good one, never a bug."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.web.app import paths
from tests.events import make_event
from tests.web.served import Served, served

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
_words = st.sampled_from(
    ["action", "arm", "disarm", "state", "away", "pin", "4711", "place", "for_s", "verdict", "true", "locked",
     "revision", "zones", "lines", "shelves", "masks", "id", "kind", "polygon", "start", "end", "slots", "rows"]
)  # fmt: skip
_almost = st.dictionaries(
    _words, _json | _words | st.lists(st.dictionaries(_words, _json | _words, max_size=4)), max_size=6
)
_gap = st.text(st.characters(codec="utf-8", exclude_characters="/?#"), min_size=1, max_size=30) | st.sampled_from(
    ["..", "%2e%2e", "aisle", "clip.mp4", "0190163d-8694-739b-aea5-966c26f8ad91", "\x00", "a" * 300]
)
_query = st.dictionaries(
    st.sampled_from(["kind", "priority", "camera", "day", "before", "limit", "boxes", "next", "code"]),
    st.text(max_size=20),
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page with one event, and an admin who is logged in."""
    with served(tmp_path_factory.mktemp("fuzz")) as page:
        page.tell(make_event(seq=1))
        page.client("anna")
        yield page


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(
    where=st.sampled_from([it for it in paths() if it[0] not in ("/api/stream", "/logout")]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]),
    gaps=st.lists(_gap, min_size=2, max_size=2),
    query=_query,
    body=_json | _almost,
    form=st.booleans(),
)
def test_any_request(
    page: Served, where: tuple[str, str], method: str, gaps: list[str], query: dict[str, str], body: Any, form: bool
) -> None:
    """Logged in as an admin, so that nothing is refused for want of a role."""
    client = page.clients[0]
    path = where[0]
    for gap, value in zip(("{event_id}", "{camera}"), gaps, strict=True):
        path = path.replace(gap, value)
    path = path.replace("{name}", gaps[0])
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    content = json.dumps(body).encode() if method in ("POST", "PUT", "PATCH") else None
    url = f"{quote(path)}?{urlencode(query)}"
    answer = client.request(method, url, content=content, headers={"content-type": kind})
    assert answer.status_code < 500, (method, path, answer.text)
    assert page.server.stats().bugs == 0
