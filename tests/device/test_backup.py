"""All that makes a device itself, out and back in."""

import ctypes
import errno
import functools
import io
import json
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from device.backup import backup
from device.cli import main
from device.control import CONTROL_NAME, ControlSocket
from device.core.arming.standing import Saved
from device.errors import UsageError
from device.evidence.device_key import DeviceKey
from device.restore import restore
from device.sealed import Opening, Sealing
from device.store.store import FILE_NAME, Store
from tests.events import make_event

WORD = "a long word for a test"
CONFIG = '[device]\nid = "shop-1"\nstate_dir = "{state}"\n[detector]\nmodel = "general-320"\n'
CONFIG += '[[cameras]]\nid = "aisle"\nsource = "synthetic:"\n'


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend less on a key than whoever has something to hide; what is usual is tried with the sealing itself."""
    monkeypatch.setattr("device.backup.Sealing", functools.partial(Sealing, spend=(1, 64, 1)))


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """The configuration of a device with something of everything."""
    state, config = tmp_path / "state", tmp_path / "shop.toml"
    config.write_text(CONFIG.format(state=state), encoding="utf-8")
    with closing(Store.open(state)) as store:
        store.commit(make_event())
        store.save_panel(Saved("night"), 1)
    DeviceKey.of(state)
    (state / "web-users").write_text("anna:admin:$argon2\n", encoding="ascii")
    (state / "panel-pins").write_text("anna:$argon2\n", encoding="ascii")
    for name, whole in (("a", True), ("b", False)):
        folder = state / "evidence" / name
        folder.mkdir(parents=True)
        (folder / "clip.mp4").write_bytes(b"film" * 1000)
        if not whole:
            (folder / "clip.mp4.begun").touch()
    return config


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what SQLite keeps beside its own."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.endswith(("-wal", "-shm"))}


def test_a_round_trip_while_the_store_is_in_use(device: Path, tmp_path: Path) -> None:
    """Store, panel, key, accounts, PINs and evidence come back; what was there stays aside; the file is private."""
    out = tmp_path / "out.backup"
    with closing(Store.open(tmp_path / "state")) as store:
        store.commit(make_event())
        backup(device, out, WORD, files=True)
        store.commit(make_event())
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before, fingerprint = content(tmp_path / "state"), DeviceKey.of(tmp_path / "state").fingerprint
    (tmp_path / "state" / "web-users").write_text("", encoding="ascii")
    device.write_text("damaged", encoding="utf-8")

    assert "what was there is in" in restore(out, device, WORD)

    after = content(tmp_path / "state")
    assert after["web-users"] == before["web-users"]
    assert after["panel-pins"] == before["panel-pins"]
    assert after["evidence/a/clip.mp4"] == b"film" * 1000
    assert DeviceKey.of(tmp_path / "state").fingerprint == fingerprint
    with closing(Store.open(tmp_path / "state")) as store:
        assert [event.seq for event in store.events()] == [2, 1]
        assert store.load_panel() == (Saved("night"), 1)
        assert store.check() == []
    (aside,) = tmp_path.glob("state.before-*")
    assert content(aside)["web-users"] == b""
    assert list(tmp_path.glob("*.partial")) == list(tmp_path.glob("*restoring*")) == []


@pytest.fixture
def word(tmp_path: Path) -> list[str]:
    """The passphrase as a command takes it."""
    (tmp_path / "word").write_text(WORD + "\n", encoding="utf-8")
    return ["--passphrase-file", str(tmp_path / "word")]


def test_on_a_new_card(device: Path, tmp_path: Path, word: list[str]) -> None:
    """Where nothing is, everything is made; the commands say so, warn of the keys, and stand in the audit."""
    out = tmp_path / "out.backup"
    assert main(["backup", str(out), *word, "--config", str(device)]) == 0
    (tmp_path / "state").rename(tmp_path / "old")
    device.unlink()
    assert main(["restore", str(out), *word, "--config", str(device)]) == 0
    assert main(["audit", "--config", str(device)]) == 0
    with closing(sqlite3.connect(tmp_path / "state" / FILE_NAME)) as db:
        assert [what for (what,) in db.execute("select what from audit order by n")] == ["backup", "restore"]


def test_without_keys(device: Path, tmp_path: Path, word: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither key nor chain is in it, and evidence, which they vouch for, cannot be asked for."""
    out = tmp_path / "out.backup"
    assert main(["backup", str(out), *word, "--without-keys", "--config", str(device)]) == 0
    assert "holds the keys" not in capsys.readouterr().err
    with tarfile.open(fileobj=io.BytesIO(opened(out))) as archive:
        assert not {name for name in archive.getnames() if "key" in name or "chain" in name}
    assert main(["backup", str(out), *word, "--without-keys", "--files", "--config", str(device)]) == 2
    assert main(["backup", str(out), *word, "--config", str(device)]) == 0
    assert "holds the keys" in capsys.readouterr().err


def opened(out: Path) -> bytes:
    """The archive that is sealed in a backup."""
    with out.open("rb") as file:
        return Opening(file, WORD, out.name).read()


def changed(out: Path, change: Callable[[dict[str, bytes]], None], *more: tarfile.TarInfo) -> None:
    """Write an archive anew with other members."""
    with tarfile.open(fileobj=io.BytesIO(opened(out))) as archive:
        members = {info.name: (archive.extractfile(info) or io.BytesIO()).read() for info in archive}
    change(members)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for info in more:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    with out.open("wb") as file:
        sealing = Sealing(file, WORD, spend=(1, 64, 1))
        sealing.write(made.getvalue())
        sealing.close()


def keep(members: dict[str, bytes]) -> None:
    """Nothing."""
    assert members


def damage(members: dict[str, bytes]) -> None:
    """One byte of an account."""
    members["state/web-users"] = b"Anna:admin:$argon2\n"


def lose(members: dict[str, bytes]) -> None:
    """A file that the manifest names."""
    del members["state/web-users"]


def smuggle(members: dict[str, bytes]) -> None:
    """A file that the manifest does not name."""
    members["state/more"] = b"x"


def age(members: dict[str, bytes]) -> None:
    """A manifest of years from now."""
    members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | {"schema": 999}).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [(damage, "damaged or missing"), (lose, "damaged or missing"), (smuggle, "damaged"), (age, "newer Shopwarden")],
)
def test_what_is_not_as_it_was_written_changes_nothing(
    device: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], why: str
) -> None:
    """It is refused with the reason, before anything is touched."""
    out = tmp_path / "out.backup"
    backup(device, out, WORD)
    before = content(tmp_path / "state")
    changed(out, change)
    with pytest.raises(UsageError, match=why):
        restore(out, device, WORD)
    assert content(tmp_path / "state") == before
    assert list(tmp_path.glob("state.*")) == []


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "state/../../evil", "state/.hidden", "other", "state/a/b/c/d/e"]
)
def test_hostile_names_are_refused(device: Path, tmp_path: Path, name: str) -> None:
    """Whatever leads elsewhere, or is nothing that a backup holds."""
    out = tmp_path / "out.backup"
    backup(device, out, WORD)
    changed(out, keep, tarfile.TarInfo(name))
    with pytest.raises(UsageError, match="is in no backup of ours"):
        restore(out, device, WORD)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(device: Path, tmp_path: Path, kind: bytes) -> None:
    """Only plain files are in a backup."""
    out = tmp_path / "out.backup"
    backup(device, out, WORD)
    info = tarfile.TarInfo("state/link")
    info.type, info.linkname = kind, "/etc/passwd"
    changed(out, keep, info)
    with pytest.raises(UsageError, match="is in no backup of ours"):
        restore(out, device, WORD)


def test_an_archive_cut_short_is_refused(device: Path, tmp_path: Path) -> None:
    """At any length."""
    out = tmp_path / "out.backup"
    backup(device, out, WORD)
    whole = out.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9):
        out.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UsageError, match=r"cut short|or it is damaged"):
            restore(out, device, WORD)


def test_a_service_that_runs_is_left_alone(device: Path, tmp_path: Path) -> None:
    """It is asked by its socket."""
    out = tmp_path / "out.backup"
    backup(device, out, WORD)
    control = ControlSocket(tmp_path / "state" / CONTROL_NAME)
    control._listener = control._listen()
    try:
        with pytest.raises(UsageError, match="the service runs"):
            restore(out, device, WORD)
    finally:
        control._close()


def test_another_passphrase_opens_nothing(device: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither is anything readable in the file, nor anything changed."""
    out, other = tmp_path / "out.backup", tmp_path / "other"
    other.write_text("another long word\n", encoding="utf-8")
    backup(device, out, WORD)
    assert b"shop-1" not in out.read_bytes()
    before = content(tmp_path / "state")
    assert main(["restore", str(out), "--passphrase-file", str(other), "--config", str(device)]) == 2
    assert "another passphrase opens it, or it is damaged" in capsys.readouterr().err
    assert content(tmp_path / "state") == before


def _forgotten(path: Path, **how: object) -> None:
    """What a killed process does not clear away, however it would have."""
    assert Path(path).exists()
    assert how


def test_a_restore_that_is_killed_leaves_one_state_or_the_other(
    device: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just after the exchange of names the new one is in place, and the old one beside it."""
    out = tmp_path / "out.backup"
    backup(device, out, WORD)
    (tmp_path / "state" / "web-users").write_text("", encoding="ascii")

    class Killed(BaseException):
        """The process ends here."""

    def killed(path: Path, target: Path) -> Path:
        raise Killed(path, target)

    monkeypatch.setattr(Path, "rename", killed)
    monkeypatch.setattr("device.restore.shutil.rmtree", _forgotten)
    with pytest.raises(Killed):
        restore(out, device, WORD)
    assert (tmp_path / "state" / "web-users").read_text(encoding="ascii") == "anna:admin:$argon2\n"
    (beside,) = tmp_path.glob("state.restoring-*")
    assert (beside / "web-users").read_text(encoding="ascii") == ""


def test_a_file_system_that_cannot_exchange_names(
    device: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT and some network disks: by renames, to the same end."""

    class Libc:
        """Refuses."""

        def renameat2(self, *names: object) -> int:
            """As a kernel does whose file system cannot."""
            assert len(names) == 5
            ctypes.set_errno(errno.EINVAL)
            return -1

    out = tmp_path / "out.backup"
    backup(device, out, WORD)
    (tmp_path / "state" / "web-users").write_text("", encoding="ascii")
    monkeypatch.setattr("device.restore.ctypes.CDLL", lambda name, use_errno: Libc() if use_errno else name)
    restore(out, device, WORD)
    assert (tmp_path / "state" / "web-users").read_text(encoding="ascii") == "anna:admin:$argon2\n"
    (aside,) = tmp_path.glob("state.*")
    assert (aside / "web-users").read_text(encoding="ascii") == ""
