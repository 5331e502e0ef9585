"""The clients in examples/, each run against the service as a reader would."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import portero
from tests.support import outside
from tests.support.markdown import ROOT

EXAMPLES = ROOT / "examples"
HTTPYAC = ROOT / "tests/js/node_modules/.bin/httpyac"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        outside.started() as world,
        portero(tmp_path_factory.mktemp("data"), {"DOG_API_URL": world.pictures.url}) as address,
    ):
        yield f"http://{address}"


def run(service: str, *command: str | Path, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PORTERO": service}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_client_in_python_logs_in_refreshes_and_reads_a_refusal(service: str) -> None:
    done = run(service, sys.executable, EXAMPLES / "client.py")
    assert done.returncode == 0, done.stderr
    first, *others, refused = done.stdout.splitlines()
    assert re.fullmatch("logged in as ana-[0-9a-f]{8}", first)
    assert others == ["tasks: [('Buy milk', True)]", "tasks: []"]
    assert refused.startswith("refused: 422 Some fields are not valid; each is named in errors.")


def test_the_client_with_curl_works_and_stops_at_an_error(service: str, tmp_path: Path) -> None:
    done = run(service, "sh", EXAMPLES / "curl.sh")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines()].count("DELETE") == 2
    broken = tmp_path / "curl.sh"
    broken.write_text((EXAMPLES / "curl.sh").read_text().replace("call GET /user\n", "call GET /nothing\n"))
    stopped = run(service, "sh", broken)
    assert stopped.returncode != 0
    assert stopped.stderr.splitlines()[-1] == "GET /nothing"


def test_every_request_of_the_http_file_has_the_answer_that_it_names(service: str, tmp_path: Path) -> None:
    text = (EXAMPLES / "portero.http").read_text("utf-8").replace("http://localhost:8000", service)
    (tmp_path / "portero.http").write_text(text, "utf-8")
    requests = text.count("\n### ")
    assert len(re.findall(r"^\?\? status == \d+$", text, re.MULTILINE)) == requests
    done = run(service, HTTPYAC, "send", "portero.http", "--all", "--output", "none", "--no-color", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{requests} requests processed ({requests} succeeded)" in done.stdout


def test_every_example_is_listed_in_the_readme_of_the_folder() -> None:
    listed = set(re.findall(r"\]\(([^)/]+)/?\)", (EXAMPLES / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in EXAMPLES.iterdir()} - {"README.md"}
