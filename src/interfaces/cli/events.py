"""The command that prints events."""

import time
from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Any

import click
from pydantic_core import to_json

from src.application.webhooks.dispatch import as_json as event_fields
from src.domain.events import Event
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.listing import line_of, listing, print_list, seconds

_POLL_SECONDS = 2.0


@click.command()
@listing
@click.option("--follow", is_flag=True, help="Wait for new events, and print each as a line, until stopped.")
@click.pass_obj
def events(console: Console, as_json: bool, limit: int | None, follow: bool) -> None:
    """List the stored events, the newest first: time, type, user, actor, address, details."""
    service = console.services().events
    if not follow:
        everything = all_items(lambda cursor: service.search(None, cursor=cursor))
        print_list(map(event_fields if as_json else _row, everything), as_json, limit)
        return
    for event in islice(service.new_events(partial(time.sleep, _POLL_SECONDS)), limit):
        click.echo(to_json(event_fields(event)) if as_json else line_of(_row(event)))


def _row(event: Event) -> Mapping[str, Any]:
    return {
        "at": seconds(event.at),
        "type": event.type,
        "user_id": event.user_id,
        "by": event.actor.id or event.actor.kind.value,
        "ip": event.ip,
        "data": " ".join(f"{name}={value}" for name, value in event.data.items()) or None,
    }
