"""Celery: outages of the broker, full queues, unreadable messages, and how workers stop."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kombu.exceptions import OperationalError

from src.application.jobs import JobRunner, JobService
from src.domain.errors import Unavailable
from src.domain.jobs import RESEND, Job
from src.infrastructure.queues import celery
from src.infrastructure.queues.celery import CeleryQueue, WorkerConnection, make_app
from src.infrastructure.repositories.jobs import Jobs as JobRecords
from src.infrastructure.stores.memory import MemoryStore
from tests.support.brokers import Broker, RabbitMQ, Redis
from tests.support.clock import outcome_within, until
from tests.support.emulators import free_port, running
from tests.support.races import at_once
from tests.support.workers import PATIENCE, Jobs, ended, named, worker

SOON = 25.0
"""Seconds that jobs may be late after the broker is back."""


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    with closing(Jobs()) as jobs:
        yield jobs


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    redis = Redis(tmp_path)
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def rabbitmq_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as rabbitmq:
        yield rabbitmq


@pytest.fixture
def rabbitmq(rabbitmq_server: RabbitMQ) -> RabbitMQ:
    """Return the RabbitMQ server that all tests share, because it takes some seconds to start."""
    rabbitmq_server.start()
    rabbitmq_server.forget()
    return rabbitmq_server


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Broker:
    broker: Broker = request.getfixturevalue(request.param)
    return broker


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for the broker, in tests whose broker answers: a busy machine makes it slow."""
    monkeypatch.setattr(celery, "TIMEOUT_SECONDS", PATIENCE)


@contextmanager
def queue_at(url: str) -> Iterator[CeleryQueue]:
    queue = CeleryQueue(url)
    try:
        yield queue
    finally:
        queue.close(PATIENCE)


class TestSendingDuringAnOutage:
    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    def test_sending_is_unavailable_soon(self, port: str, request: pytest.FixtureRequest) -> None:
        address = request.getfixturevalue(port)

        def send(url: str) -> None:
            with queue_at(url) as queue:
                queue.send(named("whole"))

        schemes = ("redis", "rediss", "amqp", "amqps")
        # The first use of a transport imports it.
        at_once(send, [f"{scheme}://127.0.0.1:{free_port()}" for scheme in schemes])
        outcomes = outcome_within(15, lambda: at_once(send, [f"{scheme}://{address}" for scheme in schemes]))
        assert isinstance(outcomes, list)
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4

    @pytest.mark.parametrize("scheme", ["redis", "amqp"])
    def test_a_check_finds_that_the_broker_is_away(self, scheme: str, closed_port: str) -> None:
        with queue_at(f"{scheme}://{closed_port}") as queue, pytest.raises(Unavailable) as raised:
            queue.check()
        assert "refused" in str(raised.value.__cause__)

    def test_a_check_finds_that_the_number_of_the_database_is_wrong(self, closed_port: str) -> None:
        with queue_at(f"redis://{closed_port}/first") as queue, pytest.raises(Unavailable) as raised:
            queue.check()
        assert "first" in str(raised.value.__cause__)

    def test_a_check_sends_nothing(self, broker: Broker, patient: None) -> None:
        broker.start()
        with queue_at(broker.url) as queue:
            queue.check()
        assert broker.waiting() == 0

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    def test_notifying_does_not_wait(
        self, port: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("src.infrastructure.queues.celery.MAX_NOTIFICATIONS", 20)
        with queue_at(f"redis://{request.getfixturevalue(port)}") as queue:
            # Each of fifty timeouts would last two seconds.
            assert outcome_within(10, lambda: self._notify(queue, 50)) is None
            if port == "silent_port":
                assert outcome_within(10, lambda: queue.close(0.5)) is False
            # The waiting notifications are dropped, not tried one by one.
            assert outcome_within(20, lambda: queue.close(PATIENCE)) is True

    def _notify(self, queue: CeleryQueue, times: int) -> None:
        for _ in range(times):
            queue.notify(named("whole"))

    def test_closing_sends_the_waiting_notifications(self, broker: Broker, patient: None) -> None:
        broker.start()
        with queue_at(broker.url) as queue:
            self._notify(queue, 20)
            assert queue.close(PATIENCE)
            assert broker.waiting() == 20

    def test_too_many_notifications_are_dropped(
        self, broker: Broker, patient: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("src.infrastructure.queues.celery.MAX_NOTIFICATIONS", 5)
        broker.start()
        with queue_at(broker.url) as queue:
            with broker.silent():
                self._notify(queue, 20)
            assert queue.close(PATIENCE)
            # The sending thread may have taken one notification out of the queue before it was full.
            assert broker.waiting() in (5, 6)

    def test_a_failed_notification_is_logged_as_a_warning(
        self, closed_port: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with queue_at(f"redis://{closed_port}") as queue:
            queue.notify("the-job")
            until(lambda: bool(caplog.records), "a warning")
        [record] = [each for each in caplog.records if each.name == "portero.queues"]
        assert (record.levelname, record.exc_info) == ("WARNING", None)
        assert "the-job" in record.getMessage()
        assert "refused" in record.getMessage()

    def test_sending_runs_jobs_again_when_the_broker_is_back(self, broker: Broker, patient: None) -> None:
        broker.start()
        with queue_at(broker.url) as queue:
            queue.send(named("whole"))
            broker.kill()
            with pytest.raises(Unavailable):
                queue.send(named("whole"))
            broker.start()
            queue.send(named("whole"))


@pytest.mark.usefixtures("patient")
class TestBrokerWithoutAWorker:
    @pytest.fixture
    def few(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """Lower the number of messages that may wait, and return it."""
        monkeypatch.setattr(celery, "MAX_MESSAGES", 30)
        return 30

    def test_sending_is_unavailable_while_too_many_messages_wait(
        self, broker: Broker, jobs: Jobs, few: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        broker.start()
        waiting = {named("whole") for _ in range(few)}
        with queue_at(broker.url) as queue:
            for job in waiting:
                queue.send(job)
            with pytest.raises(Unavailable) as raised:
                queue.send(named("whole"))
            assert str(raised.value.__cause__) == "30 messages wait in the broker; is there a worker?"
            queue.notify("the-job")
            assert queue.close(PATIENCE)
            assert "the-job" in caplog.text
            assert broker.waiting() == few
            with worker(broker.url, jobs):
                assert {jobs.begun()[0] for _ in waiting} == waiting

    def test_jobs_that_wait_for_an_hour_run_when_a_worker_is_back(
        self, redis: Redis, jobs: Jobs, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        redis.start()
        now = datetime(2030, 1, 2, tzinfo=UTC)
        store = MemoryStore()
        stored = JobRecords(store)
        waiting = {named("whole") for _ in range(20)}
        for id in waiting:
            store.commit(stored.write(Job.new(kind="any", subject_id="x", user_id="u", now=now, id=id)))
        runner = JobRunner(jobs=stored, handlers={}, delay=timedelta(0), clock=lambda: now)
        with queue_at(redis.url) as queue:
            service = JobService(jobs=stored, queue=queue, runner=runner, clock=lambda: now)
            with monkeypatch.context() as patch:
                patch.setattr(celery, "EXPIRES_SECONDS", -1)  # messages have expired when a worker reads them
                for _ in range(360):
                    now += RESEND
                    service.resend()
            assert redis.waiting() == few
            with worker(redis.url, jobs):
                until(lambda: redis.waiting() == 0, "the old messages are gone")
                now += RESEND
                assert service.resend() == len(waiting)
                assert {jobs.begun()[0] for _ in waiting} == waiting

    def test_a_full_queue_of_expired_messages_is_read_in_time(
        self, redis: Redis, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        redis.start()
        with queue_at(redis.url) as queue:
            with monkeypatch.context() as patch:
                patch.setattr(celery, "EXPIRES_SECONDS", -1)
                queue.send(named("whole"))
            redis.put(*redis.messages() * (celery.MAX_MESSAGES - 1))
            with pytest.raises(Unavailable):
                queue.send(named("whole"))
            with worker(redis.url, jobs):
                until(lambda: redis.waiting() < celery.MAX_MESSAGES, "the worker has started")
                # The rest of the 30 s is for what is due to be sent again.
                until(lambda: redis.waiting() == 0, "the old messages are gone", 20)

    def test_rabbitmq_drops_expired_messages(
        self, rabbitmq: RabbitMQ, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with queue_at(rabbitmq.url) as queue:
            with monkeypatch.context() as patch:
                patch.setattr(celery, "EXPIRES_SECONDS", 1)
                for _ in range(5):
                    queue.send(named("whole"))
            until(lambda: rabbitmq.waiting() == 0, "the old messages are gone")
            job = named("whole")
            queue.send(job)
            with worker(rabbitmq.url, jobs):
                assert jobs.begun()[0] == job


def test_a_broker_without_a_trusted_certificate_is_unavailable(tmp_path: Path, patient: None) -> None:
    """By itself, kombu does not check certificates."""
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


@pytest.mark.usefixtures("patient")
class TestWorker:
    def test_the_worker_survives_an_outage(self, broker: Broker, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs):
            # This job asks to run again while the broker is down.
            queue.send(named("held_again"))
            jobs.begun()
            broker.kill()
            jobs.release()
            assert jobs.heard()[0] == "ended"
            broker.start()
            self._runs_jobs_again(queue, jobs)

    def test_the_worker_reconnects_every_two_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """By itself, kombu waits 2 s longer each time, up to 30 s."""
        monkeypatch.setattr("kombu.utils.functional.sleep", lambda _: None)
        waits: list[float] = []
        app = make_app(f"redis://127.0.0.1:{free_port()}", WorkerConnection)
        with app.connection_for_read() as connection, pytest.raises(OperationalError):
            connection.ensure_connection(lambda _, wait: waits.append(wait), 10)
        assert waits == [1] + [2] * 9

    def test_the_worker_starts_without_a_broker(self, broker: Broker, jobs: Jobs) -> None:
        broker.stop()
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            process.join(4)
            assert process.is_alive()
            broker.start()
            self._runs_jobs_again(queue, jobs)

    def test_the_worker_survives_messages_that_are_no_jobs(self, broker: Broker, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs):
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
                broker.put(junk)
                self._runs_jobs_again(queue, jobs)
            for task, arguments in (
                ("other", ["x"]),
                ("portero.run", []),
                ("portero.run", [1, 2]),
                ("portero.run", [{}]),
            ):
                with queue.app.connection_for_write() as connection:
                    queue.app.send_task(task, arguments, connection=connection)
                self._runs_jobs_again(queue, jobs)

    def _runs_jobs_again(self, queue: CeleryQueue, jobs: Jobs) -> None:
        job = named("whole")
        queue.send(job)
        assert outcome_within(SOON, lambda: self._begins(job, jobs)) is True

    def _begins(self, job: str, jobs: Jobs) -> bool:
        while jobs.begun()[0] != job:
            pass
        return True

    def test_the_worker_keeps_the_configured_logs(
        self, broker: Broker, jobs: Jobs, capfd: pytest.CaptureFixture[str]
    ) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            queue.send(named("broken"))
            jobs.begun()
            assert ended(process, PATIENCE)
        # As tests/support/workers.py configured them: every level from INFO, once.
        logs = capfd.readouterr().err
        assert logs.count("INFO:celery.apps.worker:") == 1
        assert logs.count("RuntimeError: broken on purpose") == 1

    def test_a_stopped_worker_finishes_its_running_jobs(self, broker: Broker, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue:
            waiting = named("whole")
            with worker(broker.url, jobs) as process:
                job = named("held")
                queue.send(job)
                assert jobs.begun()[0] == job
                queue.send(waiting, 12)
                until(lambda: broker.waiting() == 0, "the worker has it")
                process.terminate()
                assert jobs.heard()[0] == "stopping"
                process.join(1)
                assert process.is_alive()
                jobs.release()
                assert jobs.heard()[:2] == ("ended", job)
                process.join(PATIENCE)
                assert process.exitcode == 0
            if isinstance(broker, RabbitMQ):
                return  # the worker has acknowledged the messages that it held for later
            # The jobs that it held for later were returned to the queue.
            with worker(broker.url, jobs):
                assert jobs.begun()[0] == waiting

    def test_the_worker_stops_without_a_broker(self, broker: Broker, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            queue.send(named("whole"))
            jobs.begun()
            broker.kill()
            time.sleep(1)
            assert ended(process, 20)

    def test_the_worker_stops_while_the_broker_is_silent(self, broker: Broker, jobs: Jobs) -> None:
        broker.start()
        with queue_at(broker.url) as queue, worker(broker.url, jobs) as process:
            queue.send(named("whole"))
            jobs.begun()
            with broker.silent():
                # With AMQP, each of Celery's closing messages waits for a response.
                assert ended(process, 25 if isinstance(broker, RabbitMQ) else 20)
