"""Prints lists: lines with tabs between the columns, or JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def listing(command: Command) -> Command:
    """Add the options of a command that prints a list."""
    maximum = "The maximum number of entries. All by default."
    limit = click.option("--limit", type=click.IntRange(1, 10**9), help=maximum)
    as_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
    return as_json(limit(command))


def attributes(entity: object, *names: str) -> dict[str, Any]:
    """Return attributes of an entity as an item of a list, by name. Times have whole seconds."""
    values = {name: getattr(entity, name) for name in names}
    return {name: seconds(value) if isinstance(value, datetime) else value for name, value in values.items()}


def seconds(time: datetime | None) -> str | None:
    """Return a time in ISO 8601 to the second, or None without a time."""
    return time.isoformat(timespec="seconds") if time else None


def print_list(items: Iterable[Mapping[str, Any]], as_json: bool, limit: int | None) -> None:
    """Print the items. On a terminal, the first line has the names of the columns."""
    shown = islice(items, limit)
    if as_json:
        click.echo(json.dumps(list(shown), ensure_ascii=False, indent=2))
        return
    for number, item in enumerate(shown):
        if not number and sys.stdout.isatty():
            click.echo("\t".join(name.upper() for name in item))
        click.echo(line_of(item))


def line_of(item: Mapping[str, Any]) -> str:
    """Return the line of an item, with tabs between the columns.

    True is shown as the name of its column, False as nothing, and None as "-".
    """
    return "\t".join(_cell(name, value) for name, value in item.items()).rstrip("\t")


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return name if value else ""
    return "-" if value is None else str(value)
