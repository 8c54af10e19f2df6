"""A guard whose disk fails at the start guards from memory, and goes back to its disk once that works."""

import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.clock import SimulatedClock
from device.config import parse_config
from device.config.model import Config
from device.core.arming.standing import Saved
from device.core.event import Event
from device.core.ids import DerivedIds
from device.core.message import MessageMaker
from device.errors import StoreError
from device.evidence.device_key import PRIVATE, DeviceKey
from device.evidence.ledger import FILE_NAME as CHAIN
from device.evidence.ledger import Ledger
from device.stand_in import Recheck, StandIn, hand_back, is_failing, stand_in, trouble_of
from device.store.store import FILE_NAME, Store
from tests.device.daemon import Daemon
from tests.device.drawn import CONFIG, write_config, write_scene
from tests.events import BOOT_ID, make_event


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A device that was armed for the night, with two events, a PIN and a chain."""
    state = tmp_path / "state"
    with closing(Store.open(state)) as store:
        for number in range(2):
            store.commit(make_event(id=f"01a21f03-8813-74b2-8ccd-00000000000{number}"))
        store.save_panel(Saved("night"), 7)
    Ledger(state, DeviceKey.of(state), "shop-1").append("sealed", "01a21f03-8813-74b2-8ccd-000000000000", {}, "now")
    (state / "panel-pins").write_text("anna:$argon2\n", encoding="ascii")
    return parse_config(CONFIG.format(state_dir=state, source="synthetic:"), "test")


@pytest.fixture
def memory(tmp_path: Path) -> dict[str, str]:
    """Where stand-ins go."""
    (tmp_path / "run").mkdir()
    return {"RUNTIME_DIRECTORY": str(tmp_path / "run")}


def damage_store(state: Path) -> None:
    """The header."""
    with (state / FILE_NAME).open("r+b") as file:
        file.write(b"no database at all")


def damage_page(state: Path) -> None:
    """Every page behind the first."""
    with (state / FILE_NAME).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (state / FILE_NAME).stat().st_size)


def damage_chain(state: Path) -> None:
    """A line in the middle."""
    text = (state / CHAIN).read_bytes()
    (state / CHAIN).write_bytes(b"{}\n" + text)


def damage_key(state: Path) -> None:
    """All of it."""
    (state / PRIVATE).write_bytes(b"no key")


def opened(state: Path) -> None:
    """What a start reads."""
    Store.open(state).close()
    Ledger(state, DeviceKey.of(state), "shop-1")


@pytest.mark.parametrize("damage", [damage_store, damage_page, damage_chain, damage_key])
def test_what_is_damaged_is_stood_in_for(config: Config, damage: Callable[[Path], None]) -> None:
    """And named as long as it is."""
    state = config.device.state_dir
    assert trouble_of(state) is None
    damage(state)
    with pytest.raises(StoreError) as caught:
        opened(state)
    assert is_failing(caught.value, state)
    assert trouble_of(state) == str(caught.value)


def test_somebodys_mistake_is_refused_as_before(config: Config, tmp_path: Path) -> None:
    """A newer schema, another program's database, a folder that cannot be made: nobody is to guard past that."""
    state = config.device.state_dir
    with closing(sqlite3.connect(state / FILE_NAME)) as db:
        db.execute("pragma user_version = 999")
    (tmp_path / "file").touch()
    for folder in (state, tmp_path / "file" / "below"):
        with pytest.raises(StoreError) as caught:
            opened(folder)
        assert not is_failing(caught.value, folder)


@pytest.mark.root
def test_a_disk_that_cannot_be_written(config: Config, tmp_path: Path) -> None:
    """As a card that has failed is mounted; a full one as well."""
    state = config.device.state_dir
    mount = ["mount", "--bind", str(state), str(state)]
    subprocess.run(mount, check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(state)], check=True)
        with pytest.raises(StoreError) as caught:
            opened(state)
        assert is_failing(caught.value, state)
    finally:
        subprocess.run(["umount", str(state)], check=True)
    full = tmp_path / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)], check=True)
    try:
        with pytest.raises(OSError, match="No space"):
            (full / "filler").write_bytes(bytes(1 << 20))
        with pytest.raises(StoreError) as caught:
            opened(full)
        assert is_failing(caught.value, full)
    finally:
        subprocess.run(["umount", str(full)], check=True)


def test_what_can_be_read_is_taken_over(config: Config, memory: dict[str, str]) -> None:
    """The panel as it stood, PINs, the last number, also what only the log holds; neither key nor chain."""
    state = config.device.state_dir
    damage_key(state)
    with closing(Store.open(state)) as held:
        held.save_panel(Saved("disarmed"), 8)
        with stand_in(config, "why", memory) as instead:
            folder = instead.config.device.state_dir
            assert folder.is_relative_to(memory["RUNTIME_DIRECTORY"])
            assert (folder / "panel-pins").read_bytes() == (state / "panel-pins").read_bytes()
            assert not (folder / CHAIN).exists()
            assert instead.config.recording.priorities == ()
            with closing(Store.open(folder)) as store:
                assert store.load_panel() == (Saved("disarmed"), 8)
                assert store.commit(make_event()).seq == 3
    assert not folder.exists()


def test_where_nothing_can_be_read_it_stands_as_configured(config: Config, memory: dict[str, str]) -> None:
    """A guard all the same."""
    damage_store(config.device.state_dir)
    with stand_in(config, "why", memory) as instead, closing(Store.open(instead.config.device.state_dir)) as store:
        assert store.load_panel() is None
        assert store.commit(make_event()).seq == 1


def test_memory_that_cannot_be_written_is_passed_over(config: Config, tmp_path: Path) -> None:
    """There is other memory."""
    (tmp_path / "file").touch()
    memory = {"RUNTIME_DIRECTORY": str(tmp_path / "file")}
    with stand_in(config, "why", memory) as instead, closing(Store.open(instead.config.device.state_dir)) as store:
        assert store.commit(make_event()).seq == 3


def test_what_happened_meanwhile_goes_back_with_its_numbers(config: Config, memory: dict[str, str]) -> None:
    """Events in order, for the broker too, and how the panel stands now."""
    with stand_in(config, "why", memory) as instead:
        ids = [f"01a21f03-8813-74b2-8ccd-10000000000{number}" for number in range(3)]
        with closing(Store.open(instead.config.device.state_dir)) as store:
            told = [store.commit(make_event(id=it)).seq for it in ids]
            store.save_panel(Saved("home"), 9)
        hand_back(instead)
        hand_back(instead)
    with closing(Store.open(config.device.state_dir)) as store:
        stored = {event.id: event.seq for event in store.events()}
        assert [stored[it] for it in ids] == told == [3, 4, 5]
        panel = store.load_panel()
        assert panel is not None
        assert panel[0] == Saved("home")
        assert store.check() == []


def test_a_disk_that_fails_again_keeps_nobody_up(config: Config, memory: dict[str, str]) -> None:
    """It is logged."""
    with stand_in(config, "why", memory) as instead:
        damage_store(config.device.state_dir)
        hand_back(instead)


@pytest.fixture
def told(config: Config) -> Iterator[tuple[Recheck, list[Event], list[None]]]:
    """A recheck, what it told, and how often it had the service start anew."""
    events, again = list[Event](), list[None]()
    messages = MessageMaker(
        device="shop-1", camera=None, boot_id=BOOT_ID, ids=DerivedIds("test"), clock_synced=lambda: True
    )
    recheck = Recheck(
        StandIn(config, config, "the disk fails"), SimulatedClock(), emit=events.append, messages=messages,
        works_again=lambda: again.append(None), every_s=3600.0,
    )  # fmt: skip
    yield recheck, events, again
    recheck.stop(5.0)


def test_it_is_told_and_looked_at_again(config: Config, told: tuple[Recheck, list[Event], list[None]]) -> None:
    """A warning with the reason, an end of the same happening, and a new start once the disk works."""
    recheck, events, again = told
    damage_key(config.device.state_dir)
    recheck.look()
    assert again == []
    (config.device.state_dir / PRIVATE).unlink()
    recheck.begin()
    recheck.stop(5.0)
    assert again == [None]
    assert [(it.kind, it.priority, it.state) for it in events] == [
        ("health", "warning", "start"),
        ("health", "warning", "end"),
    ]
    assert events[0].event_id == events[1].event_id
    assert "the disk fails" in events[0].reasons[0]


SIREN = '[pins]\nfactory = "mock"\noutputs = [{ id = "siren", pin = 17 }]\n'


@pytest.mark.slow
def test_the_service_guards_from_memory_and_goes_back(tmp_path: Path) -> None:
    """A damaged store: it is ready, the siren sounds; put right, what happened is in it."""
    path = write_config(tmp_path, source=write_scene(tmp_path), more=SIREN)
    state = tmp_path / "state"
    Store.open(state).close()
    whole = (state / FILE_NAME).read_bytes()
    damage_store(state)
    with Daemon(path, watchdog_s=60.0) as daemon:
        daemon.ready().until(lambda: "output_on" in daemon.log(), "the siren")
        daemon.until(lambda: "the guard works from memory" in daemon.out(), "the telling")
        for name in (f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"):
            (state / name).unlink(missing_ok=True)
        (state / FILE_NAME).write_bytes(whole)
        daemon.send(signal.SIGHUP)
        daemon.until(lambda: "state_handed_back" in daemon.log(), "the way back")
        assert daemon.end() == 0
    with closing(Store.open(state)) as store:
        assert "person_in_zone" in {event.kind for event in store.events(limit=1000)}
        assert "health" in {event.kind for event in store.events(limit=1000)}
        assert store.check() == []
