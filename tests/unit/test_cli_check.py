"""The command that checks the configuration: it writes nothing, and says what to do about each failure."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.emulators import free_port
from tests.unit.test_cli import Portero, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures

ROOT = Path(__file__).parents[2]


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return the content and the time of the last change of all files."""
    return {str(file): (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("store", ["data/portero.db", "absent/absent.db"])
def test_a_check_writes_nothing(prepared: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    monkeypatch.setenv("STORE_URL", f"sqlite:///{store}")
    before, folders = files(tmp_path), sorted(tmp_path.rglob("*"))
    assert prepared("check").code == (0 if "data" in store else 1)
    assert files(tmp_path) == before
    assert sorted(tmp_path.rglob("*")) == folders


def explanation(portero: Portero, name: str) -> str:
    """Return the explanation of the failed check with a name."""
    outcome = portero("check")
    assert (outcome.code, outcome.err) == (1, "")
    [line] = [line for line in outcome.out.splitlines() if line.startswith(f"wrong  {name}")]
    return line.removeprefix(f"wrong  {name}: ")


@pytest.mark.parametrize(
    ("setting", "value", "name", "remedy"),
    [
        ("RATE_LIMIT_URL", "redis://{address}", "rate limits", "Start Redis, or correct RATE_LIMIT_URL."),
        ("QUEUE_URL", "redis://{address}", "queue", "Start the broker, or correct QUEUE_URL."),
        ("QUEUE_URL", "amqp://{address}", "queue", "Start the broker, or correct QUEUE_URL."),
        ("SMTP_URL", "smtp://{address}", "mail server", "Start the mail server, or correct SMTP_URL."),
    ],
)
def test_a_service_that_is_away_is_named_with_the_reason_and_the_remedy(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, name: str, remedy: str
) -> None:
    monkeypatch.setenv(setting, value.format(address=f"127.0.0.1:{free_port()}"))
    said = explanation(prepared, name)
    assert "refused" in said.lower()
    assert said.endswith(f". {remedy}")


def test_a_database_that_is_away_is_named_with_the_reason_and_the_remedy(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_URL", f"postgresql://ada:secret@127.0.0.1:{free_port()}/x")
    assert explanation(prepared, "tables").startswith("STORE_URL: cannot be opened (")
    outcome = prepared("check").out
    assert "secret" not in outcome
    assert outcome.count("refused") == 2
    assert "Start the store, restore a backup, or correct STORE_URL." in outcome


def test_the_domain_and_the_pages_of_passkeys_are_shown(prepared: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\nok     passkeys of localhost on http://localhost:8000\n" in prepared("check").out
    monkeypatch.setenv("PUBLIC_URL", "http://10.0.0.1")
    assert "passkeys" not in prepared("check").out


def test_storage_that_is_no_folder_is_named_with_the_reason_and_the_remedy(
    prepared: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BLOB_URL", f"file://{tmp_path}/file")
    assert explanation(prepared, f"object storage file://{tmp_path}/file") == (
        f"It cannot be used: {tmp_path}/file is not a folder. "
        "Create the folder or the bucket, permit to use it, or correct BLOB_URL."
    )


def test_the_start_names_storage_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that the start ends before it serves
        own = {"BLOB_URL": f"file://{tmp_path}/file", "PORT": str(taken.getsockname()[1]), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "src", "serve"]
        started = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **own}, capture_output=True, text=True, timeout=60, check=False
        )
    assert f"BLOB_URL: It cannot be used: {tmp_path}/file is not a folder." in started.stderr
