"""Finds model files by name. Does not read them."""

from pathlib import Path

from device.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent.parent


def model_folders() -> tuple[Path, ...]:
    """Where shipped models lie: inside the installed package, or beside it in a checkout."""
    return (_PACKAGE / "models", _PACKAGE.parent / "models")


def find_model(name: str) -> Path:
    """The file of a model given by name or by path.

    Raises:
        UsageError: there is none; the message lists the names that there are.
    """
    if name.endswith(".tflite") or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{path}: there is no such model file")
        return path
    for folder in model_folders():
        if (folder / f"{name}.tflite").is_file():
            return folder / f"{name}.tflite"
    known = sorted({file.stem for folder in model_folders() for file in folder.glob("*.tflite")})
    raise UsageError(f"no model is named {name!r}; there are: {', '.join(known) or 'none'}")
