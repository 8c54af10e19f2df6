"""Proves what holds between recordings, chain and key: what is gone was noted, what was noted is there."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from device.core.chain import Link, Signed, differences, faults
from device.detect.keys import read_trusted_key
from device.errors import StoreError, UsageError
from device.evidence.chained_archive import sums_of
from device.evidence.device_key import PUBLIC
from device.evidence.ledger import FILE_NAME, read_chain
from device.recorder.folder_archive import MARK
from device.recorder.holdings import LOCKED


def problems(
    state_dir: Path,
    *,
    files: bool,
    repair: bool,
    told: Callable[[str], bool] = lambda event_id: True,  # noqa: ARG005 - no store, no doubt
) -> list[str]:
    """What is wrong, a line each; empty when all is well.

    Args:
        state_dir: of a device.
        files: also read every file and hold it against what was sealed, which takes as long as reading them does.
        repair: take away what a deletion that was cut short left, what belongs to no event, and a link that was not
            written to its end.
        told: whether the store knows an event of this id; what it knows may not be complete, and so in no link yet.

    Raises:
        StoreError: it cannot be read at all.
    """
    links = read_chain(state_dir / FILE_NAME, mend=repair)
    known = {it.link.event_id for it in links}
    try:
        stray = list(_strays(state_dir / "evidence", lambda name: name in known or told(name), repair=repair))
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}") from error
    return stray + (_of_chain(state_dir, links, files=files, repair=repair) if links else [])


def _strays(folder: Path, belongs: Callable[[str], bool], *, repair: bool) -> Iterator[str]:
    """What lies among the evidence and is of no event; what somebody locked is told and never taken away."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.is_dir():
            if repair:
                path.unlink()
            else:
                yield f"evidence/{path.name}: is of no event: --repair takes it away"
        elif not belongs(path.name) and not any(it.name.endswith(MARK) for it in path.iterdir()):
            if (path / LOCKED).exists():
                yield f"{path.name}: is of no event, and locked"
            elif repair:
                shutil.rmtree(path)
            else:
                yield f"{path.name}: is of no event: --repair takes it away"


def _of_chain(state_dir: Path, links: Sequence[Signed], *, files: bool, repair: bool) -> list[str]:
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
