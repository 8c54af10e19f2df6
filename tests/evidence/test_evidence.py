"""Evidence from its recording to a third party: sealed, exported, checked, and every change found."""

import resource
import stat
import zipfile
from pathlib import Path

import pytest

from device.cli import main
from device.clock import SimulatedClock
from device.errors import StoreError, UsageError
from device.evidence.audit import problems
from device.evidence.chained_archive import ChainedArchive
from device.evidence.device_key import PRIVATE, DeviceKey
from device.evidence.ledger import FILE_NAME, Ledger, read_chain
from device.evidence.package import export, verify
from device.recorder.folder_archive import FolderArchive
from device.recorder.holdings import Holdings
from device.store.audit_book import read_audit
from device.store.store import Store

EVENT, OTHER = "0190163d-8694-739b-aea5-966c26f8ad91", "0190163d-8694-739b-aea5-966c26f8ad92"


def archive_of(folder: Path) -> ChainedArchive:
    """An archive with its chain."""
    ledger = Ledger(folder, DeviceKey.of(folder), "shop-1")
    clock = SimulatedClock(wall=1_700_000_000.0)
    return ChainedArchive(
        FolderArchive(folder), ledger, folder, clock, lambda event_id: [f'{{"event_id":"{event_id}"}}']
    )


def record(archive: ChainedArchive, event_id: str) -> None:
    """A clip and a still of an event, sealed."""
    for name, kind in (("clip.mp4", "clip"), ("still-1.jpg", "still")):
        path = archive.begin(f"evidence/{event_id}/{name}", kind=kind, camera="aisle", event_id=event_id)  # type: ignore[arg-type]
        path.write_bytes(f"{kind} of {event_id}".encode() * 100)
        archive.finish(f"evidence/{event_id}/{name}")
    archive.seal(event_id)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with two events."""
    folder = tmp_path / "state"
    folder.mkdir()
    archive = archive_of(folder)
    record(archive, EVENT)
    record(archive, OTHER)
    return folder


@pytest.fixture
def package(state: Path, tmp_path: Path) -> Path:
    """The first event's evidence."""
    export(state, EVENT, tmp_path / "e.zip")
    return tmp_path / "e.zip"


def test_a_package_holds_what_was_sealed_and_explains_itself(package: Path, state: Path) -> None:
    """Clip, still, messages, the chain up to its head, the key; sound by key, by fingerprint and by itself."""
    fingerprint = DeviceKey.of(state).fingerprint
    with zipfile.ZipFile(package) as archive:
        assert set(archive.namelist()) == {
            "files/clip.mp4", "files/still-1.jpg", "files/events.jsonl", "chain.jsonl", "device-key.pub", "README.txt",
            "index.html",
        }  # fmt: skip
        assert fingerprint in archive.read("README.txt").decode()
        assert b"<script" not in archive.read("index.html")
        assert len(archive.read("chain.jsonl").splitlines()) == 2
    for key in (None, fingerprint, fingerprint.upper(), str(state / "device-key.pub")):
        assert verify(package, key) == []


def test_the_key_stays_on_the_device(package: Path, state: Path) -> None:
    """Readable by its owner alone, and in no package."""
    assert stat.S_IMODE((state / PRIVATE).stat().st_mode) == 0o600
    assert b"PRIVATE" not in package.read_bytes()
    assert DeviceKey.of(state).fingerprint == DeviceKey.of(state).fingerprint


def changed(package: Path, name: str, content: bytes | None) -> Path:
    """The same with one file changed, or without it."""
    out = package.with_name("changed.zip")
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(out, "w") as new:
        for it in old.namelist():
            if it != name:
                new.writestr(it, old.read(it))
        if content is not None:
            new.writestr(name, content)
    return out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("files/clip.mp4", b"another clip", "clip.mp4 was changed"),
        ("files/clip.mp4", None, "clip.mp4 is missing"),
        ("files/extra.jpg", b"x", "extra.jpg is not of this event"),
        ("index.html", b"<img src='data:,of elsewhere'>", "index.html was changed"),
        ("README.txt", None, "README.txt is missing"),
        ("look-at-me.html", b"x", "look-at-me.html is not of this package"),
    ],
)
def test_a_changed_file_is_named(package: Path, name: str, content: bytes | None, said: str) -> None:
    """And makes the command fail."""
    other = changed(package, name, content)
    assert verify(other, None) == [said]
    assert main(("verify", str(other))) == 1


def test_every_changed_byte_is_found(package: Path) -> None:
    """Whatever it is in: files, chain, key, and the words around them."""
    with zipfile.ZipFile(package) as archive:
        parts = {it: archive.read(it) for it in archive.namelist()}
    for name, content in parts.items():
        for at in range(0, len(content), max(1, len(content) // 12)):
            forged = bytearray(content)
            forged[at] ^= 1
            try:
                assert verify(changed(package, name, bytes(forged)), None), (name, at)
            except UsageError:
                continue


def test_a_byte_that_a_disk_changed_is_named(package: Path, tmp_path: Path) -> None:
    """One of the ZIP itself, whose checksum it then fails: the file that it is in, and status 1."""
    data = package.read_bytes()
    with zipfile.ZipFile(package) as archive:
        places = {
            it.filename: it.header_offset + 30 + len(it.filename) + it.file_size // 2 for it in archive.infolist()
        }
    for name, at in places.items():
        forged = bytearray(data)
        forged[at] ^= 1
        other = tmp_path / "disk.zip"
        other.write_bytes(forged)
        assert verify(other, None) == [f"{name.removeprefix('files/')} was changed"]
        assert main(("verify", str(other))) == 1


def test_a_link_that_is_taken_out_is_found(package: Path, state: Path) -> None:
    """Where others stand behind it."""
    record(archive_of(state), "0190163d-8694-739b-aea5-966c26f8ad93")
    export(state, EVENT, package)
    with zipfile.ZipFile(package) as archive:
        first, _, third = archive.read("chain.jsonl").splitlines(keepends=True)
    assert verify(changed(package, "chain.jsonl", first + third), None) == [
        "link 3 stands after link 1: some are missing or out of order"
    ]


def test_anothers_key_is_told(package: Path, tmp_path: Path) -> None:
    """By both fingerprints."""
    stranger = DeviceKey.of(tmp_path)
    (told,) = verify(package, stranger.fingerprint)
    assert stranger.fingerprint in told
    assert main(("verify", str(package), "--key", stranger.fingerprint)) == 1


@pytest.mark.parametrize("cut", [0, 10, 1000])
def test_what_is_no_package_is_told(package: Path, cut: int) -> None:
    """A wrong call, not a crash."""
    package.write_bytes(package.read_bytes()[:cut])
    with pytest.raises(UsageError, match="no package of evidence"):
        verify(package, None)


def test_what_was_changed_on_the_device_is_not_exported(state: Path, tmp_path: Path) -> None:
    """The file is named, and nothing is written."""
    (state / "evidence" / EVENT / "clip.mp4").write_bytes(b"x")
    with pytest.raises(StoreError, match=r"clip\.mp4 was changed since it was sealed"):
        export(state, EVENT, tmp_path / "e.zip")
    assert not (tmp_path / "e.zip").exists()
    for nobody in ("0190163d-8694-739b-aea5-966c26f8ad99", "../state"):
        with pytest.raises(UsageError, match="no evidence"):
            export(state, nobody, tmp_path / "e.zip")


def test_an_export_that_came_to_nothing_is_noted_as_such(state: Path, tmp_path: Path) -> None:
    """Each has its line in the audit before it is made, and one that is refused a second."""
    Store.open(state).close()
    config = tmp_path / "c.toml"
    config.write_text(
        f'[device]\nid = "shop-1"\nstate_dir = "{state}"\n[[cameras]]\nid = "aisle"\nsource = "synthetic:"\n',
        encoding="utf-8",
    )
    call = ("export", EVENT, "--out", str(tmp_path / "e.zip"), "--config", str(config))
    assert main(call) == 0
    (state / "evidence" / EVENT / "clip.mp4").write_bytes(b"x")
    assert main(call) == 1
    lines = read_audit(state, before=None, limit=10)
    assert [(it.access.what, it.access.about, it.access.done) for it in lines] == [
        ("export", EVENT, False),
        ("export", EVENT, True),
        ("export", EVENT, True),
    ]


def test_a_lock_changes_no_evidence(state: Path, tmp_path: Path) -> None:
    """It is a mark beside the files, not one of them."""
    Holdings(state).keep(EVENT, locked=True)
    export(state, EVENT, tmp_path / "e.zip")
    assert verify(tmp_path / "e.zip", None) == []


def test_a_deletion_leaves_a_signed_link(state: Path) -> None:
    """Before the files go."""
    ledger = Ledger(state, DeviceKey.of(state), "shop-1")

    def deleted(event_id: str) -> None:
        ledger.append("deleted", event_id, {}, "t")

    holdings = Holdings(state, on_deleted=deleted)
    (held, _) = holdings.listed()
    holdings.delete(held)
    assert [it.link.kind for it in read_chain(state / FILE_NAME)] == ["sealed", "sealed", "deleted"]
    assert not (state / "evidence" / EVENT).exists()


def test_what_is_of_no_event_is_named_and_taken_away(state: Path) -> None:
    """Neither in the chain nor known to the store, nor being written; what is locked stays whatever happens."""
    folder = state / "evidence"
    for name in ("stray", "told", "locked", "written"):
        (folder / name).mkdir()
        (folder / name / "clip.mp4").touch()
    (folder / "locked" / "LOCKED").touch()
    (folder / "written" / "clip.mp4.begun").touch()
    (folder / "loose.bin").touch()
    there = {path.name for path in folder.iterdir()}

    def told(event_id: str) -> bool:
        return event_id == "told"

    assert problems(state, files=True, repair=False, told=told) == [
        "locked: is of no event, and locked",
        "evidence/loose.bin: is of no event: --repair takes it away",
        "stray: is of no event: --repair takes it away",
    ]
    assert {path.name for path in folder.iterdir()} == there
    assert problems(state, files=True, repair=True, told=told) == ["locked: is of no event, and locked"]
    assert {path.name for path in folder.iterdir()} == there - {"stray", "loose.bin"}


def test_a_power_cut_in_a_link_costs_that_link_alone(state: Path) -> None:
    """The next start takes the half line away and goes on; a damaged line before the end is refused and named."""
    path = state / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"link": {"n": 3')
    ledger = Ledger(state, DeviceKey.of(state), "shop-1")
    assert path.read_bytes() == whole
    assert ledger.head[0] == 2
    path.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(StoreError, match=r"chain\.jsonl:1"):
        Ledger(state, DeviceKey.of(state), "shop-1")


def test_a_disk_that_fills_up_in_a_link_leaves_no_half_of_it(state: Path) -> None:
    """The system takes a part of the line; whether that can be taken back at once or not, the chain goes on.

    A limit on the size of files stands in for the disk.
    """
    path = state / FILE_NAME
    whole = path.read_bytes()
    ledger = Ledger(state, DeviceKey.of(state), "shop-1")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 100, before[1]))
    try:
        with pytest.raises(StoreError, match="File too large"):
            ledger.append("deleted", EVENT, {}, "t")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == whole
    path.write_bytes(whole + b'{"link": {"n": 3')
    ledger.append("deleted", EVENT, {}, "t")
    assert [it.link.n for it in read_chain(path)] == [1, 2, 3]


def test_a_check_finds_what_is_gone_or_left(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file, a folder that nobody noted, a deletion that was cut short; repaired where it can be."""
    config = tmp_path / "shop.toml"
    config.write_text(
        f'[device]\nid = "shop-1"\nstate_dir = "{state}"\n[[cameras]]\nid = "aisle"\nsource = "synthetic:"\n'
    )
    call = ("db", "check", "--config", str(config))
    assert main(call) == 0
    assert main((*call, "--files")) == 0
    clip = state / "evidence" / EVENT / "clip.mp4"
    content = clip.read_bytes()
    clip.write_bytes(b"x")
    assert main(call) == 0
    assert main((*call, "--files")) == 1
    assert f"{EVENT}: clip.mp4 was changed" in capsys.readouterr().err
    clip.unlink()
    assert main(call) == 1
    assert f"{EVENT}: clip.mp4 is missing" in capsys.readouterr().err
    clip.write_bytes(content)
    Ledger(state, DeviceKey.of(state), "shop-1").append("deleted", OTHER, {}, "t")
    assert main(call) == 1
    assert "--repair takes it away" in capsys.readouterr().err
    assert main((*call, "--repair")) == 0
    assert not (state / "evidence" / OTHER).exists()
    assert main(call) == 0
    (state / "evidence" / EVENT).rename(tmp_path / "stolen")
    assert main(call) == 1
    assert "no link says who deleted it" in capsys.readouterr().err
