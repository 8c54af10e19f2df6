"""What a cookie holds."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from device.web.sessions import MAX_ENDED, SECRET_BYTES, Sessions, read_secret

SECRET = b"x" * SECRET_BYTES


def test_a_login_lasts_as_long_as_it_is_said_to() -> None:
    """And no longer; the clock's own steps back do not end it."""
    sessions = Sessions(SECRET, lasts_s=100.0)
    cookie = sessions.begin("anna", "g1", 1000.0)
    found = sessions.read(cookie, 1100.0)
    assert found is not None
    assert (found.user, found.generation) == ("anna", "g1")
    assert sessions.read(cookie, 1101.0) is None
    assert sessions.read(cookie, 0.0) is not None


@given(st.text(max_size=200))
def test_nothing_else_is_a_login(text: str) -> None:
    """Whatever a client sends."""
    assert Sessions(SECRET, lasts_s=100.0).read(text, 0.0) is None


@given(st.data())
def test_a_changed_cookie_is_none(data: st.DataObject) -> None:
    """One other character anywhere, and it is worthless."""
    sessions = Sessions(SECRET, lasts_s=100.0)
    cookie = sessions.begin("anna", "g1", 0.0)
    at = data.draw(st.integers(0, len(cookie) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda it: it != cookie[at]))
    assert sessions.read(cookie[:at] + other + cookie[at + 1 :], 0.0) is None


def test_another_secret_reads_nothing() -> None:
    """A cookie of another device is none here."""
    cookie = Sessions(b"y" * SECRET_BYTES, lasts_s=100.0).begin("anna", "g1", 0.0)
    assert Sessions(SECRET, lasts_s=100.0).read(cookie, 0.0) is None


def test_what_was_ended_is_over_and_the_memory_of_it_bounded() -> None:
    """A cookie that somebody copied before the log-out opens nothing."""
    sessions = Sessions(SECRET, lasts_s=100.0)
    cookie = sessions.begin("anna", "g1", 0.0)
    session = sessions.read(cookie, 0.0)
    assert session is not None
    sessions.end(session)
    assert sessions.read(cookie, 0.0) is None
    for _ in range(MAX_ENDED + 10):
        other = sessions.read(sessions.begin("b", "g", 0.0), 0.0)
        assert other is not None
        sessions.end(other)
    assert len(sessions._ended) == MAX_ENDED


def test_a_token_belongs_to_one_login() -> None:
    """What another login carries is none."""
    sessions = Sessions(SECRET, lasts_s=100.0)
    one, other = (sessions.read(sessions.begin("anna", "g", 0.0), 0.0) for _ in range(2))
    assert one is not None
    assert other is not None
    assert sessions.is_token(one, sessions.token(one))
    assert not sessions.is_token(one, sessions.token(other))
    assert not sessions.is_token(one, "ü")


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    """It outlives a restart, so logins do; one that is damaged is made anew."""
    first = read_secret(tmp_path / "secret")
    assert read_secret(tmp_path / "secret") == first
    (tmp_path / "secret").write_bytes(b"short")
    assert len(read_secret(tmp_path / "secret")) == SECRET_BYTES
