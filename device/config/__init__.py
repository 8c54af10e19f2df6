"""The configuration: what a file may say, and how it is read."""

from device.config.load import load_config, parse_config
from device.config.model import Config

__all__ = ["Config", "load_config", "parse_config"]
