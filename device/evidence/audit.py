"""Proves what holds between recordings, chain and key: what is gone was noted, what was noted is there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from device.core.chain import Link, differences, faults
from device.detect.keys import read_trusted_key
from device.errors import StoreError, UsageError
from device.evidence.chained_archive import sums_of
from device.evidence.device_key import PUBLIC
from device.evidence.ledger import FILE_NAME, read_chain
from device.recorder.folder_archive import MARK


def problems(state_dir: Path, *, files: bool, repair: bool) -> list[str]:
    """What is wrong, a line each; empty when all is well.

    Args:
        state_dir: of a device.
        files: also read every file and hold it against what was sealed, which takes as long as reading them does.
        repair: take away what a deletion that was cut short left, and a link that was not written to its end.

    Raises:
        StoreError: it cannot be read at all.
    """
    links = read_chain(state_dir / FILE_NAME, mend=repair)
    if not links:
        return []
    try:
        key = read_trusted_key(state_dir / PUBLIC)
    except UsageError as error:
        return [str(error)]
    found = faults(links, key.signed)
    if links[0].link.n != 1:
        found.append(f"the chain begins with link {links[0].link.n}: those before are missing")
    last = {it.link.event_id: it.link for it in links}
    try:
        for link in last.values():
            folder = state_dir / "evidence" / link.event_id
            found += _deleted(folder, repair=repair) if link.kind == "deleted" else _sealed(link, folder, files=files)
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}") from error
    return found


def _deleted(folder: Path, *, repair: bool) -> Iterator[str]:
    if not folder.exists():
        return
    if repair:
        shutil.rmtree(folder)
    else:
        yield f"{folder.name}: was deleted by the chain, and is still there: --repair takes it away"


def _sealed(link: Link, folder: Path, *, files: bool) -> Iterator[str]:
    if not folder.is_dir():
        yield f"{link.event_id}: is gone, and no link says who deleted it"
        return
    there = {path.name for path in folder.iterdir()}
    if any(name.endswith(MARK) for name in there):
        # It is being written again, and will be sealed again.
        return
    yield from (f"{link.event_id}: {name} is missing" for name in sorted(link.files) if name not in there)
    if files:
        yield from (f"{link.event_id}: {it}" for it in differences(link, sums_of(folder)) if "missing" not in it)
