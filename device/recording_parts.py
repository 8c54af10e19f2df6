"""Makes the recorder out of the configuration. Records nothing itself."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import structlog

from device.capture.packet_store import PacketStore
from device.config.model import Config
from device.core.audit import Access
from device.core.event import ChainHead, Event, encode
from device.core.message import MessageMaker
from device.core.retention import RetentionSettings
from device.errors import StoreError
from device.evidence.chained_archive import ChainedArchive, label
from device.evidence.device_key import DeviceKey
from device.evidence.ledger import Ledger
from device.ports import Archive, Clock
from device.recorder.ambient import AmbientRecorder
from device.recorder.folder_archive import FolderArchive
from device.recorder.holdings import Holdings
from device.recorder.plan import RecordingSettings
from device.recorder.recorder import Recorder
from device.recorder.retention import Retention
from device.store.audit_book import AuditBook
from device.store.store import Store
from device.worker import Loop

log = structlog.get_logger(__name__)

_DAY_S: Final = 86_400.0
STOP_S = 3.0
"""How long the recorder may take to end its clips when the service ends."""
SLACK_S = 10.0
"""So much more than the pre-roll is kept: the longest GOP of a usual camera, and a disk that stalls."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorder, and where the cameras are to leave their packets."""

    recorder: Recorder
    packets: dict[str, PacketStore | None]
    """By camera; None where nothing of it is recorded."""
    ambient: tuple[AmbientRecorder, ...]

    @property
    def loops(self) -> tuple[Loop, ...]:
        """All threads, for health."""
        return (*self.ambient, *self.recorder.loops)


@contextlib.contextmanager
def open_recording(config: Config, archive: Archive, clock: Clock) -> Iterator[Recording]:
    """A recorder at work; what is being recorded is ended with the block."""
    table = config.recording
    packets = {camera.id: _store(config, camera.record.how) for camera in config.cameras}
    settings = RecordingSettings(
        priorities=frozenset(table.priorities),
        pre_roll_s=table.pre_roll_s,
        post_roll_s=table.post_roll_s,
        max_clip_s=table.max_clip_s,
        stills=table.stills,
    )
    ambient = tuple(
        AmbientRecorder(camera, store, archive, segment_s=table.segment_s, wall=clock.wall)
        for camera, store in packets.items()
        if table.continuous and store is not None
    )
    pixelated = [camera.id for camera in config.cameras if camera.pixelate_people]
    recording = Recording(Recorder(packets, settings, archive, clock, pixelated=pixelated), packets, ambient)
    try:
        recording.recorder.recover()
    except StoreError as error:
        # A guard without its last clip is better than none.
        log.error("recordings_not_mended", reason=str(error))
    for loop in recording.loops:
        loop.start()
    try:
        yield recording
    finally:
        _stop(recording, clock)


@dataclass(frozen=True, slots=True)
class Vault:
    """Where recordings are kept, and the chain that vouches for them."""

    archive: Archive
    ledger: Ledger
    audit: AuditBook

    def head(self) -> ChainHead:
        """Where the chain stands."""
        return ChainHead(*self.ledger.head)


def vault_of(config: Config, clock: Clock, store: Store) -> Vault:
    """The archive of a state directory, with its chain and the device's key.

    Raises:
        StoreError: the key or the chain cannot be read.
    """
    state_dir = config.device.state_dir
    ledger = Ledger(state_dir, DeviceKey.of(state_dir), config.device.id)
    files = FolderArchive(state_dir, min_free_bytes=config.retention.min_free_mib << 20)

    def told(event_id: str) -> list[str]:
        return [encode(event) for event in store.happening(event_id)]

    return Vault(ChainedArchive(files, ledger, state_dir, clock, told), ledger, AuditBook(store, clock))


@contextlib.contextmanager
def open_retention(
    config: Config, clock: Clock, vault: Vault, emit: Callable[[Event], None], messages: MessageMaker
) -> Iterator[Loop]:
    """What must give way is deleted, each event with a link in the chain, until the block ends."""
    retention = _retention(config, clock, vault, emit, messages)
    retention.start()
    try:
        yield retention
    finally:
        retention.stop(1.0)


def retain_once(config: Config, clock: Clock, store: Store, messages: MessageMaker) -> int:
    """Delete what must give way now, where no service does; how many recordings went.

    Raises:
        StoreError: the recordings or the chain cannot be read, or one cannot be deleted.
    """

    def emit(event: Event) -> None:
        store.commit(event)

    return _retention(config, clock, vault_of(config, clock, store), emit, messages).look()


def _retention(
    config: Config, clock: Clock, vault: Vault, emit: Callable[[Event], None], messages: MessageMaker
) -> Retention:
    table = config.retention
    settings = RetentionSettings(
        max_bytes=None if table.max_gib is None else round(table.max_gib * (1 << 30)),
        min_free_bytes=table.min_free_mib << 20,
        evidence_max_s=None if table.evidence_max_days is None else table.evidence_max_days * _DAY_S,
        ambient_max_s=None if table.ambient_max_days is None else table.ambient_max_days * _DAY_S,
    )

    def deleted(event_id: str) -> None:
        vault.ledger.append("deleted", event_id, {}, label(clock))
        # A full disk is made room on, whether it has room for a line or not.
        vault.audit.note_if_it_can(Access(what="deleted", way="retention", about=event_id))

    holdings = Holdings(config.device.state_dir, on_deleted=deleted)
    return Retention(holdings, settings, clock, emit=emit, messages=messages)


def _store(config: Config, how: str) -> PacketStore | None:
    table = config.recording
    if how == "off" or not (table.priorities or table.continuous):
        return None
    return PacketStore(table.pre_roll_s + SLACK_S, table.ring_mib << 20)


def _stop(recording: Recording, clock: Clock) -> None:
    """Cameras side by side, then what ends their clips: it is the last of the loops."""
    *writers, finisher = recording.loops
    for loop in writers:
        loop.ask_to_stop()
    deadline = clock.monotonic() + STOP_S
    for loop in writers:
        loop.stop(max(0.1, deadline - clock.monotonic()))
    finisher.stop(STOP_S)
