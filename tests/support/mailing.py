"""The application with a mailbox, for tests of links in mails."""

import re
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask

from src.application.limits import RateLimiter
from src.application.ports import Mailer, RemoteAccounts
from src.infrastructure.stores.portable import Store
from tests.support.working import Mailbox, RecordingQueue, Watch
from tests.support.world import (
    Answer,
    Client,
    Person,
    build,
    client_of,
    join,
    services_of,
)

NEW_PASSWORD = "another zebra battery"


@dataclass
class MailWorld:
    """The application with a mailbox, and a clock that a test moves."""

    box: Mailbox = field(default_factory=Mailbox)
    watch: Watch = field(default_factory=Watch)
    queue: RecordingQueue = field(default_factory=RecordingQueue)
    settings: dict[str, str] = field(default_factory=dict)
    remote: RemoteAccounts | None = None
    limiter: RateLimiter | None = None
    store: Store | None = None
    mailer: Mailer | None = None
    metrics_token: str | None = None

    def __post_init__(self) -> None:
        self.app: Flask = build(
            mailer=self.mailer or self.box,
            clock=self.watch,
            queue=self.queue,
            settings=self.settings,
            remote=self.remote,
            limiter=self.limiter,
            store=self.store,
            metrics_token=self.metrics_token,
        )
        self.client: Client = client_of(self.app)

    def deliver(self) -> None:
        """Run the jobs that were sent to the queue."""
        while self.queue.sent:
            services_of(self.app).jobs.runner.run(self.queue.sent.pop(0))

    def ask(self, path: str, email: str, **headers: str) -> Answer:
        """Ask for a mail, and send it."""
        answer = self.client.post(path, json={"email": email}, headers=headers)
        self.deliver()
        return answer

    @property
    def token(self) -> str:
        """The token of the newest mail."""
        found = re.search(r"token=(\w+)", self.box.mails[-1].text)
        assert found
        return found[1]

    @property
    def code(self) -> str:
        """The code of the newest mail."""
        found = re.search(r"\b\d{6}\b", self.box.mails[-1].text)
        assert found
        return found[0]

    def reset(self, token: str, password: str = NEW_PASSWORD) -> Answer:
        return self.client.post("/auth/password/reset", json={"token": token, "new_password": password})

    def prove(self, person: Person) -> None:
        """Mark the address of a person as verified."""
        services_of(self.app).mails.users.update(person.user["id"], lambda user: replace(user, email_verified=True))

    def verify(self, token: str, caller: Person | None = None) -> Answer:
        """Confirm an address with the token of a mail, as ``caller`` or without a bearer token."""
        return self.client.post("/auth/email/verify", json={"token": token}, headers=caller.headers if caller else {})

    def confirm(self, **body: str) -> Answer:
        return self.client.post("/auth/email/login/confirm", json=body)


@pytest.fixture
def world() -> MailWorld:
    return MailWorld()


@pytest.fixture
def anna(world: MailWorld) -> Person:
    return join(world.client)
