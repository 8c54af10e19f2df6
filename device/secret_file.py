"""Where a secret is read from: its own file, or what systemd hands the service of it. Reads none."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_HANDED: Final = "secrets_"
"""How the unit names what it loads: ``LoadCredential=secrets:FOLDER`` makes one of each file."""


def secret_path(path: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """The file to read in place of ``path``: under systemd the service's user may not read the folder of secrets."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    handed = Path(folder) / f"{_HANDED}{path.name}" if folder else path
    return handed if handed.is_file() else path
