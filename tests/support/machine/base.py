"""The base of the state machines of people and dogs: the service under test, the model, and a counter of steps."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from src.domain.errors import NotFound
from src.infrastructure.stores.portable import Store
from src.interfaces.services import Services
from tests.support.invariants import broken_invariants
from tests.support.machine.model import Login, Model
from tests.support.working import RecordingQueue, Watch
from tests.support.world import Answer, Pictures, client_of, services_of

Item = TypeVar("Item")

PICK = st.integers(0, 5)
"""A choice of one of the newest items by number, because hypothesis must repeat a choice when ids differ."""


class ServiceMachine(RuleBasedStateMachine):
    """A service beside its model. Every example uses its own names, because examples share a store."""

    app: ClassVar[Flask]
    store: ClassVar[Store]
    watch: ClassVar[Watch]
    queue: ClassVar[RecordingQueue]
    pictures: ClassVar[Pictures]
    counts: ClassVar[Counter[str]]
    prefix: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.model, self.client = Model(), client_of(self.app)
        self.counts["histories"] += 1
        self.counts["steps"] -= 1  # hypothesis checks invariants before the first step too
        self.suffix = f"{self.prefix}{self.counts['histories']}"

    @property
    def services(self) -> Services:
        return services_of(self.app)

    def send(self, method: str, path: str, login: Login | None = None, **options: Any) -> Answer:
        """Send a request, with the token of a session."""
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {login.token}"} if login else {})}
        return self.client.open(path, method=method, headers=headers, **options)

    def is_valid(self, login: Login) -> bool:
        """Return whether the access token of a session should be accepted."""
        return not login.ended and self.watch().timestamp() < login.expires

    def caller(self, number: int) -> Login:
        """Return one of the newest sessions, usually a valid one."""
        valid = [each for each in self.model.logins if self.is_valid(each)]
        return pick(valid if valid and number < 5 else self.model.logins, number)

    def refuses(self, answer: Answer, login: Login, *, guests: bool = False) -> bool:
        """Return whether the caller may not send the request at all. If so, assert that the service refuses it."""
        status = 401 if not self.is_valid(login) else 403 if guests and login.account.is_guest else 0
        assert not status or answer.status_code == status, answer.text
        return bool(status)

    @invariant()
    def a_step_is_counted(self) -> None:
        self.counts["steps"] += 1

    @rule(seconds=st.sampled_from([1, 9, 10, 590, 901]))
    def time_passes(self, seconds: int) -> None:
        self.watch.forward(seconds)

    @rule()
    def the_service_sweeps(self) -> None:
        self.services.maintenance.sweep()
        self.services.jobs.resend()

    def teardown(self) -> None:
        """Check the invariants. Then delete every account and finish every job.

        The next example starts with nothing but permanent documents.
        """
        self.services.accounts.accounts.reconcile(timedelta(0))
        assert broken_invariants(self.store) == []
        for account in self.model.accounts:
            with suppress(NotFound):
                self.services.accounts.accounts.delete(account.id)
        while self.queue.sent:
            self.services.jobs.runner.run(self.queue.sent.pop())


def pick(items: list[Item], number: int) -> Item:
    """Return one of the newest items."""
    return items[-1 - number % len(items)]
