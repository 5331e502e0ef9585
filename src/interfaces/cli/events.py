"""The command that prints events."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import click
from pydantic_core import to_json

from src.application.events import EventService
from src.application.webhooks.dispatch import as_json as event_fields
from src.domain.events import Event
from src.domain.values import Page, pages
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.listing import listing, print_list

_POLL_SECONDS = 2.0
_LATE = timedelta(seconds=5)
"""The most by which an event may be stored after its time. Following reads no older ones again."""


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
    for number, event in enumerate(_new_events(service)):
        click.echo(to_json(event_fields(event)) if as_json else "\t".join(map(str, _row(event).values())))
        if number + 1 == limit:
            break


def _new_events(service: EventService) -> Iterator[Event]:
    """Yield each event that is stored from now on, once."""
    newest = service.search(None, limit=1).items
    seen: set[str] | None = None
    while True:
        since = newest[0].at - _LATE if newest else None
        found = [event for page in pages(partial(_since, service, since)) for event in page]
        if seen is not None:
            yield from (event for event in reversed(found) if event.id not in seen)
        seen = {event.id for event in found}
        newest = found or newest
        time.sleep(_POLL_SECONDS)


def _since(service: EventService, since: datetime | None, cursor: str | None) -> Page[Event]:
    return service.search(None, since=since, cursor=cursor)


def _row(event: Event) -> Mapping[str, Any]:
    return {
        "at": event.at.isoformat(timespec="seconds"),
        "type": event.type.value,
        "user_id": event.user_id,
        "by": event.actor.id or event.actor.kind.value,
        "ip": event.ip,
        "data": " ".join(f"{name}={value}" for name, value in event.data.items()) or None,
    }
