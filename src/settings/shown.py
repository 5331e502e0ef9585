"""The settings in force, for people: without secrets, and with the place where each was set."""

import os
import re
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

from src.settings.model import Settings

_USER_INFO = re.compile(r"//.*@", re.DOTALL)  # passwords may have spaces
_QUERY = re.compile(r"\?.*", re.DOTALL)


def settings_in_force(settings: Settings) -> Iterator[tuple[str, str | None, str]]:
    """Yield the name, the value and the source of each setting. A secret is None.

    The source is "environment", ".env" or "default". URLs are without user, password and query.
    """
    environment = {name.lower() for name, value in os.environ.items() if value}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if name not in settings.model_fields_set:
            source = "default"
        else:
            source = "environment" if name in environment else ".env"
        yield name.upper(), None if isinstance(value, SecretStr) else _text(value), source


def _text(value: Any) -> str:
    """Return a value in the form that the environment takes, or "" if there is none."""
    if isinstance(value, bool):
        return "on" if value else "off"
    text = "" if value is None else str(value)
    return _QUERY.sub("?…", _USER_INFO.sub("//…@", text)) if "://" in text else text
