"""How the operator follows events."""

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from types import SimpleNamespace
from typing import Any

from click.testing import CliRunner

from src.application.events import EventService
from src.domain.events import SYSTEM, Event, EventType
from src.domain.sessions import NO_CLIENT
from src.domain.values import Page
from src.infrastructure.repositories.events import Events
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.stores.memory import MemoryStore
from src.interfaces.cli.events import events as command
from tests.support.working import NOON


def made(user: str | None, seconds: float = 0) -> Event:
    return NO_CLIENT.event(EventType.LOGIN_FAILED, user, SYSTEM, NOON + timedelta(seconds=seconds))


def test_following_finds_each_new_event_once_and_reads_no_old_ones_again() -> None:
    read = [0]

    class Counted(Events):
        def find(self, **options: Any) -> Page[Event]:
            page = super().find(**options)
            read[0] += len(page.items)
            return page

    repository = Counted(MemoryStore(), Recorder(90))

    def add(user: str, seconds: float) -> None:
        repository.add(made(user, seconds), log=False)

    for number in range(300):
        add("old", number / 10)
    # Late is stored after an event of a later time.
    steps: list[Callable[[], None]] = [
        lambda: add("first", 60),
        lambda: add("late", 58),
        lambda: None,
        lambda: add("last", 120),
    ]
    found = EventService(events=repository).new_events(lambda: steps.pop(0)())
    assert [event.user_id for event in islice(found, 3)] == ["first", "late", "last"]
    assert read[0] < 150, "of 300 old events, those of the last seconds are read, twice"


def test_followed_events_are_printed_like_those_of_a_list() -> None:
    service = SimpleNamespace(new_events=lambda wait: iter([made(None), made("anna"), made("ben")]))
    console = SimpleNamespace(services=lambda: SimpleNamespace(events=service))
    outcome = CliRunner().invoke(command, ["--follow", "--limit", "2"], obj=console)
    assert [line.split("\t")[1:] for line in outcome.output.splitlines()] == [
        ["login-failed", "-", "system", "-", "-"],
        ["login-failed", "anna", "system", "-", "-"],
    ]
