"""Files that show a happening, by name, from the evidence folder and from nowhere else."""

import os
import re
import stat
from pathlib import Path
from typing import Final

EVENT_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(mp4|jpg|json)")
KINDS: Final = {"mp4": "video/mp4", "jpg": "image/jpeg", "json": "application/json"}


def evidence_file(state_dir: Path, event_id: str, name: str) -> tuple[Path, str] | None:
    """Path and media type of one file; None where there is none of that name, or it is not a plain file in there."""
    known = _NAME.fullmatch(name)
    if known is None or not EVENT_ID.fullmatch(event_id):
        return None
    folder = state_dir / "evidence" / event_id
    path = folder / name
    try:
        # Neither the file nor its folder may be a link that leads elsewhere.
        plain = stat.S_ISREG(os.lstat(path).st_mode) and stat.S_ISDIR(os.lstat(folder).st_mode)
    except OSError:
        return None
    return (path, KINDS[known[1]]) if plain else None
