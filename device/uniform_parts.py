"""Chooses what looks at people's clothes, as the configuration says. Wires nothing else."""

from device.config.model import Config
from device.config.rules import has_goods
from device.detect.catalogue import find_model
from device.detect.installed import InstalledModels
from device.detect.load import read_model
from device.detect.uniform import open_uniforms, staff_fault
from device.errors import ConfigError, ModelError, UsageError
from device.ports import UniformFinder


def build_uniforms(config: Config, installed: InstalledModels) -> UniformFinder | None:
    """What looks at clothes; None where the configuration knows no uniform, or no camera has a rule about goods.

    Raises:
        ModelError: the classifier is damaged, or none.
        ConfigError: there is no such model, or it does not know the classes.
    """
    staff, detector = config.staff, config.detector
    if staff is None or not any(has_goods(camera) for camera in config.cameras):
        return None
    try:
        path = find_model(staff.model, installed)
    except UsageError as error:
        raise ConfigError(f"staff.model: {error}") from error
    try:
        return open_uniforms(path, staff.labels, runtime=detector.runtime, threads=detector.threads)
    except UsageError as error:
        raise ConfigError(f"staff.{error}") from error


def check_uniforms(config: Config, installed: InstalledModels, name: str) -> None:
    """Find what the file alone cannot tell of the classifier.

    Args:
        config: what has been read.
        installed: the bundles of this device.
        name: of the configuration's file, for the errors.

    Raises:
        ConfigError: there is no such model, it is none that could tell staff, or it does not know the classes.
    """
    staff = config.staff
    if staff is None:
        return
    try:
        card = read_model(find_model(staff.model, installed)).card
    except (UsageError, ModelError) as error:
        raise ConfigError(f"{name}: staff.model: {error}") from error
    if card.scores is None:
        raise ConfigError(
            f"{name}: staff.model: {card.name} is a {card.kind}, not a classifier; train one by the recipe `classes`"
        )
    if fault := staff_fault(card, staff.labels):
        raise ConfigError(f"{name}: staff.{fault}")
