"""Puts a file in place of another, whole or not at all, synced. Knows nothing of what is in it."""

import os
import secrets
from pathlib import Path


def replace_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file that a power cut leaves as it was or as it is to be; it is on disk when this returns.

    Args:
        path: its name; the folder is there.
        content: all of it.
        mode: the rights of a new one.

    Raises:
        OSError: it could not be written; the old one is still there.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.geteuid() == 0:
            # Written by root for the service, which must be able to read it: it belongs to whom it belonged before, or
            # to whom its folder does.
            model = (path if path.exists() else path.parent).stat()
            os.chown(temporary, model.st_uid, model.st_gid)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
