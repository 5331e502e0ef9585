"""What becomes of jobs when the broker is away, silent, or full of what is no job."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kombu.exceptions import OperationalError

from src.domain.errors import Unavailable
from src.infrastructure.queues.celery import CeleryQueue, _app, _WorkerAMQP
from tests.contract.test_store import outcome_within
from tests.emulators import free_port, running
from tests.races import at_once
from tests.workers import PATIENCE, Jobs, ended, named, worker

SOON = 10.0
"""How long after the broker is back jobs may be late."""


class Redis:
    """A server that can go and come back on its port; it forgets everything."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes]
        self._running = ExitStack()

    def start(self) -> None:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        server = running(command, cwd=self._folder, ready=f"127.0.0.1:{self.port}")
        self._process = self._running.enter_context(server)

    def kill(self) -> None:
        self._process.kill()
        self.stop()

    def stop(self) -> None:
        self._running.close()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Takes connections during the block, and answers nobody."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    with closing(Jobs()) as jobs:
        yield jobs


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Redis]:
    broker = Redis(tmp_path)
    yield broker
    broker.stop()


@contextmanager
def queue_at(url: str) -> Iterator[CeleryQueue]:
    queue = CeleryQueue(url)
    try:
        yield queue
    finally:
        queue.close(PATIENCE)


class TestSendingToABrokerThatIsAway:
    @pytest.fixture
    def closed_port(self) -> str:
        return f"127.0.0.1:{free_port()}"

    @pytest.fixture
    def silent_port(self) -> Iterator[str]:
        """Takes connections, and never says a word."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield f"127.0.0.1:{listener.getsockname()[1]}"

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    def test_is_refused_soon(self, port: str, request: pytest.FixtureRequest) -> None:
        address = request.getfixturevalue(port)

        def send(scheme: str) -> None:
            with queue_at(f"{scheme}://{address}") as queue:
                queue.send(named("whole"))

        outcomes = outcome_within(3, lambda: at_once(send, ["redis", "rediss", "amqp", "amqps"]))
        assert isinstance(outcomes, list)
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    def test_hinting_waits_for_nothing(
        self, port: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("src.infrastructure.queues.celery._HINTS", 3)
        with queue_at(f"redis://{request.getfixturevalue(port)}") as queue:
            assert outcome_within(0.5, lambda: self._hint(queue, 50)) is None
            assert outcome_within(1, lambda: queue.close(0.5)) is (port == "closed_port")
            # What still waits then is not tried, one after the other.
            assert outcome_within(3, lambda: queue.close(PATIENCE)) is True

    def _hint(self, queue: CeleryQueue, times: int) -> None:
        for _ in range(times):
            queue.hint(named("whole"))

    def test_closing_sends_the_hints_that_wait(self, broker: Redis) -> None:
        broker.start()
        with queue_at(broker.url) as queue, redis.Redis(port=broker.port) as client:
            self._hint(queue, 20)
            assert queue.close(PATIENCE)
            assert client.llen("portero") == 20

    def test_hints_that_are_too_many_are_dropped(self, broker: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("src.infrastructure.queues.celery._HINTS", 5)
        broker.start()
        with queue_at(broker.url) as queue, redis.Redis(port=broker.port) as client:
            with broker.silent():
                self._hint(queue, 20)
            assert queue.close(PATIENCE)
            # The thread may have taken one already.
            assert client.llen("portero") in (5, 6)

    def test_failed_hint_is_a_warning(self, closed_port: str, caplog: pytest.LogCaptureFixture) -> None:
        with queue_at(f"redis://{closed_port}") as queue:
            queue.hint("the-job")
            deadline = time.monotonic() + PATIENCE
            while not caplog.records and time.monotonic() < deadline:
                time.sleep(0.01)
        (record,) = caplog.records
        assert (record.levelname, record.exc_info) == ("WARNING", None)
        assert "the-job" in record.getMessage()
        assert "refused" in record.getMessage()

    def test_works_again_when_it_is_back(self, broker: Redis, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue:
            queue.send(named("whole"))
            broker.kill()
            with pytest.raises(Unavailable):
                queue.send(named("whole"))
            broker.start()
            queue.send(named("whole"))


def test_broker_that_nobody_vouches_for(tmp_path: Path) -> None:
    """kombu by itself would not look at the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", "0", "--tls-port", str(port), "--save", ""]
    command += ["--tls-cert-file", "certificate.pem", "--tls-key-file", "key.pem", "--tls-auth-clients", "no"]
    with running(command, cwd=tmp_path, ready=f"127.0.0.1:{port}"):
        trusting = f"?ssl_ca_certs={tmp_path}/certificate.pem"
        with queue_at(f"rediss://localhost:{port}{trusting}") as known:
            known.send(named("whole"))
        for url in (f"rediss://localhost:{port}", f"rediss://127.0.0.1:{port}{trusting}", f"amqps://localhost:{port}"):
            with queue_at(url) as queue, pytest.raises(Unavailable) as caught:
                queue.send(named("whole"))
            assert "certificate verify failed" in str(caught.value.__cause__)


class TestWorker:
    def test_outlives_an_outage(self, broker: Redis, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs):
            # This one wants to run again, and cannot say so.
            queue.send(named("held_again"))
            jobs.begun()
            broker.kill()
            jobs.release()
            assert jobs.heard()[0] == "ended"
            broker.start()
            job = named("whole")
            queue.send(job)
            assert jobs.begun(SOON)[0] == job

    def test_is_never_long_about_trying_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Left alone, kombu waits 2 s longer each time, up to 30 s."""
        monkeypatch.setattr("kombu.utils.functional.sleep", lambda _: None)
        waits: list[float] = []
        app = _app(f"redis://127.0.0.1:{free_port()}", _WorkerAMQP)
        with app.connection_for_read() as connection, pytest.raises(OperationalError):
            connection.ensure_connection(lambda _, wait: waits.append(wait), 10)
        assert waits == [1] + [2] * 9

    def test_starts_without_a_broker(self, broker: Redis, jobs: Jobs) -> None:
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            process.join(4)
            assert process.is_alive()
            broker.start()
            job = named("whole")
            queue.send(job)
            assert jobs.begun(SOON)[0] == job

    def test_outlives_what_is_no_job(self, broker: Redis, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs), redis.Redis(port=broker.port) as client:
            queue.send(named("whole"))
            jobs.begun()
            for junk in (
                b"no json",
                b"\xff",
                b"[]",
                b"5",
                b"null",
                b"{}",
                b'{"body": 1, "headers": {}, "properties": {}}',
            ):
                client.lpush("portero", junk)
                self._still_works(queue, jobs)
            for task, arguments in (
                ("other", ["x"]),
                ("portero.run", []),
                ("portero.run", [1, 2]),
                ("portero.run", [{}]),
            ):
                with queue._app.connection_for_write() as connection:
                    queue._app.send_task(task, arguments, connection=connection)
                self._still_works(queue, jobs)

    def _still_works(self, queue: CeleryQueue, jobs: Jobs) -> None:
        job = named("whole")
        queue.send(job)
        assert outcome_within(PATIENCE, lambda: self._begins(job, jobs)) is True

    def _begins(self, job: str, jobs: Jobs) -> bool:
        while jobs.begun()[0] != job:
            pass
        return True

    def test_leaves_the_logs_alone(self, broker: Redis, jobs: Jobs, capfd: pytest.CaptureFixture[str]) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            queue.send(named("broken"))
            jobs.begun()
            assert ended(process, PATIENCE)
        # As tests/workers.py configured them: every level from INFO, once.
        logs = capfd.readouterr().err
        assert logs.count("INFO:celery.apps.worker:") == 1
        assert logs.count("RuntimeError: broken on purpose") == 1

    def test_told_to_stop_finishes_what_is_in_hand(self, broker: Redis, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue:
            waiting = named("whole")
            with worker(broker.url, jobs) as process:
                job = named("held")
                queue.send(waiting, 3)
                queue.send(job)
                assert jobs.begun()[0] == job
                process.terminate()
                assert jobs.heard()[0] == "stopping"
                process.join(1)
                assert process.is_alive()
                jobs.release()
                assert jobs.heard()[:2] == ("ended", job)
                process.join(PATIENCE)
                assert process.exitcode == 0
            # What it held for later went back.
            with worker(broker.url, jobs):
                assert jobs.begun()[0] == waiting

    def test_told_to_stop_without_a_broker(self, broker: Redis, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            queue.send(named("whole"))
            jobs.begun()
            broker.kill()
            time.sleep(1)
            assert ended(process, 5)

    def test_told_to_stop_while_the_broker_is_silent(self, broker: Redis, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            queue.send(named("whole"))
            jobs.begun()
            with broker.silent():
                assert ended(process, 10)
