"""Names and values that a stranger chooses to cost time or memory where messages are made and translated."""

import gc
import subprocess
import sys
import tracemalloc
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from src.domain.messages import MAX_VALUE
from tests.support.world import build

FORM = "application/x-www-form-urlencoded"
ATTACK = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
from tests.http.test_hostile_texts import send, stranger
client = stranger()
for path in ("/auth/token", "/auth/revoke", "/auth/introspect"):
    for name in ("Expecting value: line x" + " column x" * 3_000 + " (char x" * 3_000, "“" * 1_000 + "x” y" * 1_000):
        print(send(client, name, path))
"""
"""A program with a limit of 30 seconds of CPU time, most of which the start takes. Patterns would take minutes."""


def stranger() -> FlaskClient:
    app = build(settings={"service_credentials": "service:secret-of-the-service"})
    app.test_client_class = FlaskClient
    return app.test_client()


def send(client: FlaskClient, name: str, path: str = "/auth/token") -> int:
    headers = {"Accept-Language": "es", "Authorization": "Basic c2VydmljZTpzZWNyZXQtb2YtdGhlLXNlcnZpY2U="}
    body = urlencode([(name, "x"), (name, "y")])
    return client.post(path, data=body, content_type=FORM, headers=headers).status_code


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_a_name_like_a_message_costs_no_time() -> None:
    ran = run("-c", ATTACK)
    assert (ran.returncode, ran.stdout.split()) == (0, ["400"] * 6), ran.stderr[-2_000:]


def test_every_operation_answers_hostile_texts_in_time_and_quotes_little_of_them() -> None:
    ran = run("-m", "tests.support.hostile")
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr[-2_000:]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_detail_quotes_a_name_up_to_its_hundredth_character(language: str) -> None:
    name = "x" * 5_000
    body = urlencode([(name, "x"), (name, "y")])
    headers = {"Accept-Language": language}
    answer = stranger().post("/auth/token", data=body, content_type=FORM, headers=headers)
    quoted, _, message = answer.get_json()["detail"].partition(": ")
    assert (quoted, len(quoted)) == ("x" * 99 + "…", MAX_VALUE)
    assert message == {"en": "Give this parameter once.", "es": "Da este parámetro una sola vez."}[language]


def test_the_process_keeps_nothing_of_what_strangers_sent() -> None:
    client = stranger()
    send(client, "first")
    tracemalloc.start()
    try:
        for number in range(50):
            assert send(client, f"{number:050}" * 2_000) == 400
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000  # of the 5 MB that were sent
