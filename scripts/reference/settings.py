"""The settings, from the class that declares them."""

import inspect
import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from scripts.reference.markdown import attributes, prose, table
from src.settings.fields import SettingsFields
from src.settings.production import REFUSALS

_DEFAULT = re.compile(r"\n\nThe default is (.*)\.$", re.DOTALL)
_GROUP = re.compile(r"^    # --- (.*) ---\n|^    (\w+): ", re.MULTILINE)


class Setting(NamedTuple):
    """A setting for people: the name of its variable, its default and its meaning, as a docstring says them."""

    group: str
    name: str
    default: str
    meaning: str


def settings() -> Iterator[Setting]:
    """Yield every setting in the order of the code, with the comment above its group."""
    documented = attributes(SettingsFields)
    group = ""
    for heading, name in _GROUP.findall(inspect.getsource(SettingsFields)):
        group = heading or group
        if name:
            stated = _DEFAULT.search(documented[name])
            default = stated[1] if stated else _shown(SettingsFields.model_fields[name].default)
            yield Setting(group, name.upper(), default, _DEFAULT.sub("", documented[name]))


def tables() -> str:
    """Return a section with a table for each group of settings."""
    parts = []
    for group, members in groupby(settings(), key=lambda each: each.group):
        rows = [(f"`{each.name}`", prose(each.default), prose(each.meaning)) for each in members]
        parts.append(f"## {group}\n\n{table(['name', 'default', 'meaning'], rows)}")
    return "\n\n".join(parts)


def refusals() -> str:
    """Return a table of what production refuses."""
    rows = [(f"`{each.setting}`", each.reason) for each in REFUSALS]
    return table(["setting", "why production refuses it"], rows)


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "``on``" if default else "``off``"
    return "" if default in (None, "") else f"``{default}``"
