"""The settings. They are read from the environment and an optional .env file, and validated at the start."""

from src.settings.model import Settings
from src.settings.source import ConfigurationError, load_settings

__all__ = ["ConfigurationError", "Settings", "load_settings"]
