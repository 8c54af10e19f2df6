"""Finds the file of a model by its name: installed, shipped, or a path. Does not read what is in it."""

from pathlib import Path

import structlog

from device.detect.installed import InstalledModels
from device.detect.shipped import find_shipped, shipped_names
from device.errors import ModelError, UsageError

log = structlog.get_logger(__name__)


def find_model(name: str, installed: InstalledModels | None = None) -> Path:
    """The file of a model given by name or by path.

    An installed bundle goes before a shipped model of the same name. Names lead only to what is trusted: bundles by
    their signature, shipped models by their sum. A path is the word of whoever may write the configuration.

    Args:
        name: of an installed bundle or a shipped model, or a path.
        installed: the bundles of this device, where there are any.

    Raises:
        UsageError: there is none; the message lists the names that there are.
        ModelError: there is one, but it cannot be trusted.
    """
    if name.endswith(".tflite") or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{path}: there is no such model file")
        return path
    found = _installed_or_shipped(name, installed) if installed is not None else find_shipped(name)
    if found is None:
        known = sorted({*shipped_names(), *(installed.names() if installed is not None else ())})
        raise UsageError(f"no model is named {name!r}; there are: {', '.join(known) or 'none'}")
    return found


def _installed_or_shipped(name: str, installed: InstalledModels) -> Path | None:
    """The bundle; where none of its versions can be used, the shipped model of that name is better than no guard."""
    try:
        return installed.find(name, _tell) or find_shipped(name)
    except ModelError as error:
        shipped = find_shipped(name)
        if shipped is None:
            raise
        _tell(str(error))
        return shipped


def _tell(reason: str) -> None:
    log.warning("model_passed_over", reason=reason)
