"""Slow jobs leave a thread of the inline queue to mails."""

import threading
from dataclasses import replace
from typing import Any, NoReturn, cast

import pytest

from src.application.datasets import CHECK, CheckDataset, checking
from src.application.files import RELAY, RelayFile
from src.domain.errors import AttemptFailed
from src.infrastructure.queues.inline import InlineQueue
from tests.support.clock import until
from tests.support.mailing import MailWorld
from tests.support.world import join, services_of, upload


class Held:
    """Sends and checks files until the test releases it. Replaces the relay and the checker of the jobs."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def send(self, *_: object) -> NoReturn:
        self.released.wait(60)
        raise AttemptFailed("It was held.", final=True)

    def check(self, *_: object, **__: object) -> NoReturn:
        self.send()


def test_files_that_are_sent_on_and_checked_leave_a_thread_to_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "QUICK_BYTES", 0)
    world, held = MailWorld(settings={"smtp_url": "smtp://localhost"}), Held()
    anna = join(world.client, "uploader")
    for path in ("/api/files", "/datasets") * 2:
        headers, body = {**anna.headers, "Prefer": "respond-async"}, upload(b"a,b\n1,2\n", "a.csv", name="a")
        assert world.client.post(path, headers=headers, **body).status_code == 202
    world.client.post("/auth/email/login", json={"email": anna.user["email"]})

    runner = services_of(world.app).jobs.runner
    relay, check = runner.handlers[RELAY], runner.handlers[CHECK]
    assert isinstance(relay, RelayFile)
    assert isinstance(check, CheckDataset)
    handlers = {
        **runner.handlers,
        RELAY: replace(relay, relay=cast(Any, held)),
        CHECK: replace(check, checker=cast(Any, held)),
    }
    queue = InlineQueue(replace(runner, handlers=handlers).run)
    try:
        for job_id in world.queue.sent:  # the mail is the last
            queue.send(job_id)
        until(lambda: bool(world.box.mails), "a mail is sent", patience=10)
    finally:
        held.released.set()
        assert queue.close(30)
