"""Commands explain each mistake that an operator can make, and print no traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from src.interfaces.cli import commands
from tests.unit.test_cli import PASSWORD, Outcome, Portero, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures

NOT_UTF8 = os.fsdecode(b"\xff")
DEEP = "[" * 100_000
ADMIN = ("admin", "create", "--username", "root", "--email", "root@example.com")


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        (["check"], {"PORT": "9" * 5000}, "PORT: use a whole number\n"),
        (["check"], {"DATA_DIR": NOT_UTF8}, "DATA_DIR: it is not UTF-8 text\n"),
        (["check"], {"SESSION_SECONDS": "9" * 12}, "SESSION_SECONDS: use 3153600000 or less\n"),
        (["check"], {"ARGON2_MEMORY_KIB": "9" * 12}, "ARGON2_MEMORY_KIB: use 4194304 or less\n"),
        (["check"], {"QUEUE_URL": "redis://host:port"}, "QUEUE_URL: write a URL such as redis://localhost:6379/0\n"),
        (
            ["check"],
            {"RATE_LIMIT_URL": "redis://[host"},
            "RATE_LIMIT_URL: write a URL such as redis://localhost:6379/0\n",
        ),
        (["sweep"], {"RATE_LIMIT_URL": "redis://host?socket_timeout=x"}, "RATE_LIMIT_URL: "),
        (["sweep"], {"STORE_URL": "sqlite:///absent.db"}, "STORE_URL: its tables are missing or old; run `./portero"),
        (["serve"], {"HOST": "h" * 70}, "HOST, PORT: "),
        (["sweep", "--help"], {"PORT": "abc"}, ""),
        (["reconcile", "--older-than", "9" * 30], {}, "--older-than"),
        (["users", "list", "--limit", "9" * 30], {}, "--limit"),
        (["jobs", "retry", "nothing"], {}, "There is no such job."),
        (["users", "import", "users", "--hash-key", "@keys"], {}, "keys cannot be read"),
        (["users", "import", "users", "--hash-key", "@folder"], {}, "folder cannot be read (Is a directory)"),
        (["users", "import", "deep"], {}, "line 1 is not JSON"),
        (["users", "import", "folder"], {}, "is a directory"),
        (["datasets", "add", "/dev/null", "--name", "x"], {}, "/dev/null is not a regular file"),
        (["datasets", "add", "users", "--name", "x", "--schema", "@deep"], {}, "nested too deeply"),
        (["datasets", "add", "users", "--name", "x", "--schema", "@keys"], {}, "keys cannot be read (it is not UTF-8)"),
        (["datasets", "add", "users", "--name", "x", "--schema", '["\\ud800"]'], {}, "not valid JSON"),
        (["datasets", "add", "users", "--name", "x", "--encoding", "klingon"], {}, "encoding: "),
        (["datasets", "add", "users", "--name", "x", "--delimiter", "xx"], {}, "delimiter: "),
        (["datasets", "add", "binary", "--name", "x"], {}, ""),
        (["copy", "--from", "sqlite:///keys", "--to", "sqlite:///new.db"], {}, "--from: cannot be opened"),
        (["copy", "--from", "sqlite:///data/portero.db", "--to", "sqlite:///folder"], {}, "--to: cannot be "),
        (["users", "password", "nobody"], {}, "There is no such user."),
        (["admin", "create", "--username", "x", "--email", "x@example.com"], {}, "Use 3 to 32 characters."),
        (["users", "list"], {"SIGNING_KEYS": "@folder"}, "SIGNING_KEYS: folder cannot be read (Is a directory)\n"),
        (["users", "list"], {"SIGNING_KEYS": '{"keys":' + DEEP}, "SIGNING_KEYS: they are neither"),
    ],
)
def test_a_mistake_is_explained(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, command: list[str], environment: dict[str, str], said: str
) -> None:
    assert prepared(*ADMIN, input=PASSWORD).code == 0
    Path("users").write_text("username\nana\n")
    Path("keys").write_bytes(b"\xff\xfe" * 600)
    Path("binary").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    Path("deep").write_text(DEEP)
    Path("folder").mkdir()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    outcome = prepared(*command)
    assert outcome.code == (2 if "--help" not in command else 0)
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert len(outcome.err) < 500


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"RATE_LIMTI=off\n", 0, ".env: RATE_LIMTI is no setting; do you mean RATE_LIMIT?\n"),
        (b"EDITOR=vi\nexport PATH_TO_X=1\n", 0, ""),
        (b"DATA_DIR=a\0b\n", 2, "DATA_DIR: it is not UTF-8 text\n"),
        (b"PORT='8000\n", 0, "line 1"),
        (b"PORT=abc\n", 2, "PORT: use a whole number\n"),
    ],
)
def test_a_bad_file_of_settings_is_explained(
    prepared: Portero, caplog: pytest.LogCaptureFixture, content: bytes, code: int, said: str
) -> None:
    Path(".env").write_bytes(content)
    outcome = prepared("users", "list")
    assert outcome.code == code, outcome.err
    told = outcome.err + caplog.text
    assert said in told
    assert bool(said) == bool(told)
    assert "Traceback" not in outcome.err


def test_a_key_file_that_cannot_be_replaced_is_named(prepared: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("data/signing-keys.json").rename("keys.json")
    Path("keys.lock").mkdir()
    monkeypatch.setenv("SIGNING_KEYS", "@keys.json")
    kept = Path("keys.json").read_bytes()
    outcome = prepared("keys", "rotate")
    assert outcome == Outcome(2, "", "SIGNING_KEYS: keys.json cannot be replaced (Is a directory)\n")
    assert Path("keys.json").read_bytes() == kept


@pytest.mark.parametrize("database", [None, b"no database, whatever its name says " * 100])
def test_no_password_is_asked_for_before_the_store_is_ready(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, database: bytes | None
) -> None:
    for file in Path("data").glob("portero.db*"):
        file.unlink()
    if database:
        Path("data/portero.db").write_bytes(database)
    monkeypatch.setattr(commands, "new_password", lambda: pytest.fail("it has asked"))
    outcome = prepared(*ADMIN)
    assert (outcome.code, outcome.out) == (2, "")
    remedy = "check its permissions, restore a backup, or name another file" if database else "run `./portero prepare`"
    assert outcome.err.startswith("STORE_URL: ")
    assert outcome.err.endswith(f"; {remedy}\n")


@pytest.mark.parametrize(
    ("command", "redirection", "code", "said"),
    [
        ("users list", "> /dev/full", 2, "No space left on device\n"),
        ("users list", ">&-", 0, ""),
        ("users list", "2>&-", 0, ""),
        ("users delete root", "<&-", 1, "Aborted!\n"),
        ("users password root", "<&-", 2, "no password on standard input"),
        ("users password root", "< blank", 2, "no password on standard input"),
    ],
)
def test_closed_and_full_streams_print_no_traceback(
    prepared: Portero, command: str, redirection: str, code: int, said: str
) -> None:
    assert prepared(*ADMIN, input=PASSWORD).code == 0
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    Path("blank").write_text("\n")
    line = f'exec "{sys.executable}" -m src {command} {redirection}'
    ran = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr
    assert bool(said) == bool(ran.stderr)
    assert "Traceback" not in ran.stderr
    assert "Exception" not in ran.stderr


INTERRUPTED = """
import os, runpy, signal, sys

class Interrupt:
    main = os.getpid()
    def find_spec(self, name, path, target=None):
        if os.getpid() != self.main:
            open("interrupted", "w").close()
            raise KeyboardInterrupt
        if name == "MODULE":
            open("interrupted", "w").close()
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
runpy.run_module("src", run_name="__main__")
"""
"""Runs a command that gets SIGINT when it imports a module, and a KeyboardInterrupt when a child imports any."""


@pytest.mark.parametrize(("module", "command", "code"), [("src.main", "check", -signal.SIGINT), ("none", "serve", 1)])
def test_an_interrupt_at_the_start_prints_no_traceback(tmp_path: Path, module: str, command: str, code: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "DATA_DIR": str(tmp_path / "data")}
    program = INTERRUPTED.replace("MODULE", module)
    ran = subprocess.run(
        [sys.executable, "-c", program, command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (code, "")
    assert (tmp_path / "interrupted").exists()


def test_a_file_that_is_larger_than_the_memory_is_explained(prepared: Portero) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    line = f'ulimit -v {1 << 20}; exec "{sys.executable}" -m src users import /dev/zero'
    ran = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "There is not enough memory.\n")


def test_a_folder_as_standard_input_is_explained() -> None:
    script = Path(__file__).parents[2] / "portero"
    ran = subprocess.run(
        ["sh", "-c", '"$0" --version < /', script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "portero: the standard input is a folder\n")


def test_too_little_memory_for_a_hash_is_explained(prepared: Portero) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "ARGON2_MEMORY_KIB": str(4 << 20)}
    line = f'ulimit -v {3 << 20}; exec "{sys.executable}" -m src {" ".join(ADMIN)} --password "{PASSWORD}"'
    ran = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "emory" in ran.stderr
    assert "Traceback" not in ran.stderr
