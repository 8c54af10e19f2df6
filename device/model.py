"""The commands ``shopwarden model``: verify, install and go back. Holds neither the form of bundles nor their store."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.config import load_config
from device.detect.bundle import Bundle
from device.detect.installed import InstalledModels
from device.detect.trial import try_out
from device.errors import UsageError


@dataclass(frozen=True, slots=True)
class Place:
    """Where bundles are installed, whose are believed, and what runs them."""

    state_dir: Path | None
    key_files: tuple[Path, ...]
    runtime: str

    @property
    def models(self) -> InstalledModels:
        """What is installed there.

        Raises:
            UsageError: nobody said where.
        """
        if self.state_dir is None:
            raise UsageError("which device? give --config FILE, or --state-dir DIR and --key FILE.pub")
        return InstalledModels(self.state_dir / "models", self.key_files)


def place_of(config_file: Path | None, state_dir: Path | None, key_files: Sequence[Path] | None) -> Place:
    """What a configuration says, and the call says otherwise.

    Raises:
        ConfigError: the configuration is wrong.
    """
    if config_file is None:
        return Place(state_dir, tuple(key_files or ()), "auto")
    config = load_config(config_file)
    keys = tuple(key_files) if key_files else config.detector.trusted_keys
    return Place(state_dir or config.device.state_dir, keys, config.detector.runtime)


def verify(path: Path, place: Place) -> int:
    """Say whether a bundle can be believed and would run here.

    Raises:
        ModelError: it cannot, or would not.
        UsageError: there is no key to hold it against.
    """
    bundle = InstalledModels(Path(), place.key_files).verify(path)
    try_out(bundle, place.runtime)
    _say(f"{path}: {_described(bundle)}")
    return 0


def install(path: Path, place: Place) -> int:
    """Take a bundle into use.

    Raises:
        ModelError: it cannot be believed, is older than what was here, or does not run.
        UsageError: the call is wrong.
    """
    models = place.models
    bundle = models.verify(path)
    models.install(bundle, lambda candidate: try_out(candidate, place.runtime))
    name = bundle.manifest.name
    _say(f'installed: {_described(bundle)}\nin use from the next start of a service with model = "{name}"')
    return 0


def roll_back(model: str, version: int | None, place: Place) -> int:
    """Use a version that was installed before.

    Args:
        model: its name, or the path of a bundle of the wanted version.
        version: which; None for the one before the one in use.
        place: where.

    Raises:
        ModelError: there is no such version here, or it is damaged.
        UsageError: the call is wrong.
    """
    models = place.models
    if Path(model).is_file():
        manifest = models.verify(Path(model)).manifest
        model, version = manifest.name, version or manifest.version
    chosen = models.roll_back(model, version)
    _say(f"{model} version {chosen} is in use from the next start of the service")
    return 0


def _described(bundle: Bundle) -> str:
    manifest = bundle.manifest
    summary = f", {manifest.summary}" if manifest.summary else ""
    labels = f"{len(manifest.labels)} classes" if len(manifest.labels) > 1 else f"one class, {manifest.labels[0]}"
    return (
        f"{manifest}, a {manifest.kind} of {labels}{summary}, made {manifest.created}, "
        f"signed by {bundle.fingerprint[:16]}"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
