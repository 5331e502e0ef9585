"""How the operator follows events."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from src.application.events import EventService
from src.domain.events import SYSTEM, EventType
from src.domain.sessions import NO_CLIENT
from src.domain.values import Page
from src.infrastructure.repositories.events import Events
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.stores.memory import MemoryStore
from src.interfaces.cli.events import events as command
from tests.support.working import NOON


def test_following_prints_each_new_event_once_and_reads_no_old_ones_again(monkeypatch: pytest.MonkeyPatch) -> None:
    repository, read = Events(MemoryStore(), Recorder(90)), [0]

    def add(user: str, seconds: float) -> None:
        at = NOON + timedelta(seconds=seconds)
        repository.add(NO_CLIENT.event(EventType.LOGIN_FAILED, user, SYSTEM, at), log=False)

    class Counted(EventService):
        def search(self, *arguments: Any, **options: Any) -> Page[Any]:
            page = super().search(*arguments, **options)
            read[0] += len(page.items)
            return page

    for number in range(300):
        add("old", number / 10)
    # Late is stored after an event of a later time. The last one ends the command.
    steps: list[Callable[[], None]] = [
        lambda: add("first", 60),
        lambda: add("late", 58),
        lambda: None,
        lambda: add("last", 120),
    ]
    monkeypatch.setattr("src.interfaces.cli.events.time.sleep", lambda _: steps.pop(0)())
    console = SimpleNamespace(services=lambda: SimpleNamespace(events=Counted(events=repository)))
    outcome = CliRunner().invoke(command, ["--follow", "--limit", "3"], obj=console)
    assert [line.split("\t")[2] for line in outcome.output.splitlines()] == ["first", "late", "last"]
    assert read[0] < 150, "of 300 old events, those of the last seconds are read, twice"
