"""The models that come with the package, and their sums. Does not know installed bundles.

``shipped.sha256`` beside this file is what ``sha256sum`` prints; ``make sums`` writes it.
"""

import hashlib
from pathlib import Path

from device.errors import ModelError

_PACKAGE = Path(__file__).resolve().parent.parent
_SUMS = Path(__file__).with_name("shipped.sha256")


def model_folders() -> tuple[Path, ...]:
    """Where shipped models lie: inside the installed package, or beside it in a checkout."""
    return (_PACKAGE / "models", _PACKAGE.parent / "models")


def shipped_sums() -> dict[str, str]:
    """SHA-256 of each shipped model by its name."""
    lines = (line.split() for line in _SUMS.read_text(encoding="ascii").splitlines())
    return {Path(file).stem: total for total, file in lines}


def shipped_names() -> list[str]:
    """The names of all that are here."""
    return sorted({file.stem for folder in model_folders() for file in folder.glob("*.tflite")})


def find_shipped(name: str) -> Path | None:
    """The file of a shipped model, its sum checked; None where there is none of that name.

    Raises:
        ModelError: it is not the file that was shipped.
    """
    path = next((file for folder in model_folders() if (file := folder / f"{name}.tflite").is_file()), None)
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != shipped_sums().get(name):
        raise ModelError(
            f"{path}: not the model that was shipped under that name; install the package again, "
            "or name the file by its path to use it as it is"
        )
    return path
