"""Reads the settings from the environment and an optional .env file."""

import os
import re
import sys
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from src.settings.model import Settings

_ODD = re.compile("[\0\ud800-\udfff]")
"""A null byte, or a byte that is not UTF-8 as Python decodes it."""
_WORDING = {
    "int_parsing": "use a whole number",
    "int_parsing_size": "use a whole number",
    "int_from_float": "use a whole number",
    "float_parsing": "use a number",
    "bool_parsing": "use on or off",
    "literal_error": "use {expected}",
    "greater_than": "use more than {gt}",
    "greater_than_equal": "use {ge} or more",
    "less_than_equal": "use {le} or less",
    "url_parsing": "write a URL, such as https://example.com/path",
    "url_scheme": "write a URL that begins with http:// or https://",
}
"""Our message for each of pydantic's own errors."""


class ConfigurationError(Exception):
    """The settings are wrong. Each line of the message names one setting and says how to correct it."""


def load_settings() -> Settings:
    """Read the settings from the environment and .env, and validate them. Raises ConfigurationError.

    A variable of the environment overrides the same variable in .env. An empty value counts as absent.
    """
    found = {**_dotenv(), **{name.lower(): value for name, value in os.environ.items() if value}}
    if odd := [name.upper() for name in Settings.model_fields if _ODD.search(found.get(name, ""))]:
        raise ConfigurationError("\n".join(f"{name}: it is not UTF-8 text" for name in odd))
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        lines = []
        for each in error.errors(include_url=False, include_input=False):
            name = ".".join(map(str, each["loc"])).upper()
            lines.append(f"{name}: {_in_our_words(each)}" if name else each["msg"].removeprefix("Value error, "))
        raise ConfigurationError("\n".join(lines)) from None


def _dotenv() -> dict[str, str]:
    """Return the values in the file .env of the working directory, if there is one."""
    if not Path(".env").is_file():
        return {}
    from dotenv import dotenv_values

    try:
        found = {name.lower(): value for name, value in dotenv_values(".env").items() if value}
    except UnicodeDecodeError:
        raise ConfigurationError(".env: it is not UTF-8; save it in that encoding") from None
    except OSError as error:
        raise ConfigurationError(f".env: it cannot be read ({error.strerror})") from None
    for name in found.keys() - Settings.model_fields.keys():
        if similar := get_close_matches(name, Settings.model_fields, n=1, cutoff=0.8):
            sys.stderr.write(f".env: {name.upper()} is no setting; do you mean {similar[0].upper()}?\n")
    return found


def _in_our_words(error: ErrorDetails) -> str:
    return _WORDING[error["type"]].format(**error.get("ctx", {})) if error["type"] in _WORDING else error["msg"]
