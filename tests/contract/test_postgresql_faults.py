"""PostgreSQL restarts, pauses or refuses in the middle of traffic: nothing acknowledged is lost, nobody waits long."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import psycopg
import pytest

from bench.processes import children
from src.domain.errors import Unavailable
from src.domain.jobs import Job
from src.domain.mails import Mail, MailKind
from src.domain.values import Email
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.stores.driver import Insert, Update
from src.infrastructure.stores.migrations.upgrade import upgrade
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.sql import SqlStore, engine, postgresql
from tests.contract.documents import CLAIM, claim, only
from tests.contract.test_rpcs import log_in, serve
from tests.e2e.faults import proxied, reset
from tests.e2e.replies import COMMITTED, LostReply
from tests.support.clock import Stopwatch, outcome_within, until
from tests.support.databases import migrated_database
from tests.support.emulators import Cluster, postgres_cluster
from tests.support.rows import first_page
from tests.support.working import NOON

THREADS = 4


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with postgres_cluster() as cluster:
        yield cluster


def open_store(url: str) -> SqlStore:
    return SqlStore.open(url, pool_size=THREADS)


@contextmanager
def paused(server: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Stop a server and all of its processes for the length of the block, as a pause of its container does.

    The server is the first to stop and the last to go on, because it forgets its processes that have ended.
    """
    os.kill(server.pid, signal.SIGSTOP)
    others = children(server.pid)
    for process in others:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in [*others, server.pid]:
            os.kill(process, signal.SIGCONT)


def test_a_restart_of_the_server_loses_nothing_that_was_acknowledged(cluster: Cluster) -> None:
    """The server stops once in good order and once by a crash while threads commit. A failed commit is Unavailable."""
    stop = Event()
    acknowledged: list[str] = []

    def commit_until_stopped(thread: int) -> int:
        failures = 0
        for number in range(1_000_000):
            if stop.is_set():
                break
            try:
                store.commit(Insert(claim(f"{thread}-{number}"), CLAIM))
                acknowledged.append(f"{thread}-{number}")
            except Unavailable:
                failures += 1
                stop.wait(0.05)
        return failures

    def commits_go_on() -> None:
        goal = len(acknowledged) + 50
        until(lambda: len(acknowledged) > goal, "commits succeed")

    with ThreadPoolExecutor(THREADS) as threads:
        try:
            with cluster.running() as server:
                url = migrated_database(cluster.address)
                store = open_store(url)
                running = [threads.submit(commit_until_stopped, thread) for thread in range(THREADS)]
                commits_go_on()
                server.send_signal(signal.SIGINT)  # ends all connections, and then the server
                server.wait(30)
            with cluster.running() as server:
                commits_go_on()
                server.send_signal(signal.SIGQUIT)  # ends without writing anything
                server.wait(30)
            with cluster.running():
                commits_go_on()
                stop.set()
                assert sum(done.result() for done in running) >= 2
                assert None not in store.get(*map(claim, acknowledged))
                store.close()
        finally:
            stop.set()


def test_a_server_that_falls_silent_is_unavailable_in_time(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The operating system of the paused server still accepts connections. Afterwards the store works again."""
    monkeypatch.setattr(postgresql, "SILENCE_SECONDS", 1.0)
    uses: list[Callable[[Store], object]] = [
        lambda store: store.get(claim("1")),
        lambda store: store.commit(Insert(claim("2"), CLAIM)),
    ]
    with cluster.running() as server:
        url = migrated_database(cluster.address)
        with closing(open_store(f"{url}?connect_timeout=2")) as store:
            store.commit(Insert(claim("1"), CLAIM))
            with paused(server):
                for use in uses:
                    # At most one statement on an old connection, and one attempt to open a new one.
                    assert isinstance(outcome_within(15, partial(use, store)), Unavailable)
                answer = outcome_within(15, partial(log_in, serve(store, NoLimits(), tmp_path)))
                assert getattr(answer, "status_code", answer) == 503
            assert only(store, claim("1")).fields == CLAIM


@pytest.fixture
def url(postgresql: Callable[[], Store]) -> str:
    store = postgresql()
    assert isinstance(store, SqlStore)
    url = store.engine.url.set(drivername="postgresql", query={}).render_as_string(hide_password=False)
    store.close()
    return url


def test_a_database_that_becomes_read_only_is_unavailable_for_writes(url: str) -> None:
    """A managed database becomes read-only when its disk is full, and while another server takes over."""
    database = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as admin, ExitStack() as undo:
        admin.execute(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
        undo.callback(admin.execute, f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
        store = undo.enter_context(closing(open_store(url)))
        rows = store.bulk_rows()
        assert (store.get(claim("1")), first_page(rows, "a")) == ([None], [])
        for write in (
            lambda: store.commit(Insert(claim("1"), CLAIM | {"holder_id": "canary"})),
            lambda: rows.append("canary", [(2, True, "canary")]),
            lambda: rows.remove("canary"),
        ):
            with pytest.raises(Unavailable) as refused:
                write()
            assert "canary" not in f"{refused.value} {refused.value.__cause__}"


def test_a_statement_that_waits_for_a_lock_ends_in_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgresql.PARAMETERS, "options", "-c statement_timeout=300ms")
    with closing(open_store(url)) as store, psycopg.connect(url) as other:
        store.commit(Insert(claim("1"), CLAIM))
        other.execute("SELECT * FROM claims FOR UPDATE")
        change = Update(claim("1"), CLAIM, only(store, claim("1")).revision)
        assert isinstance(outcome_within(15, lambda: store.commit(change)), Unavailable)
        other.rollback()
        store.commit(change)


def test_a_migration_may_take_longer_than_a_statement_of_the_service(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgresql.PARAMETERS, "options", "-c statement_timeout=100ms")
    monkeypatch.setattr(postgresql, "SILENCE_SECONDS", 0.1)
    with psycopg.connect(url) as other, ThreadPoolExecutor(1) as threads:
        other.execute("LOCK TABLE alembic_version")
        migrated = threads.submit(upgrade, url)
        wait([migrated], 0.5)
        assert not migrated.done()
        other.rollback()
        assert migrated.result(60) is None


def test_a_thread_waits_for_a_connection_of_the_pool_and_not_for_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POOL_SECONDS", 0.3)
    with closing(SqlStore.open(url, pool_size=1)) as store:
        with store.engine.connect():
            watch = Stopwatch()
            with pytest.raises(Unavailable):
                store.get(claim("1"))
            assert watch.seconds < 4  # the service would wait for five seconds
        assert store.get(claim("1")) == [None]


def test_a_commit_that_another_transaction_rolls_back_is_tried_again(url: str) -> None:
    """A database may have an isolation level at which PostgreSQL fails the later of two changes instead of waiting."""
    options = "options=-c%20default_transaction_isolation%3Drepeatable%5C%20read"
    with closing(open_store(f"{url}?{options}")) as store, psycopg.connect(url) as other:
        store.commit(Insert(claim("1"), CLAIM))
        change = Update(claim("1"), CLAIM | {"kind": "new"}, only(store, claim("1")).revision)
        other.execute("UPDATE claims SET holder_id = 'bob'")  # the other transaction does not change the revision
        with ThreadPoolExecutor(1) as threads:
            committed = threads.submit(store.commit, change)
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            with psycopg.connect(url, autocommit=True) as watcher:
                until(lambda: watcher.execute(waiting).fetchall() == [(1,)], "the commit waits for the lock")
            other.commit()
            committed.result(30)
        assert only(store, claim("1")).fields["kind"] == "new"


def test_a_commit_whose_reply_is_lost_is_a_success(url: str) -> None:
    address = urlsplit(url).netloc.rpartition("@")[2]
    with proxied(address) as proxy, closing(open_store(url.replace(address, proxy.address))) as store:
        for write in (Insert(claim("1"), CLAIM), Insert(claim("2"), CLAIM)):
            proxy.fail(lost := LostReply(COMMITTED))
            revisions = store.commit(write)
            assert lost.lost == 1
            assert revisions == {write.key: only(store, write.key).revision}
        proxy.fail(lost := LostReply(COMMITTED))
        changed = store.commit(Update(claim("1"), CLAIM | {"kind": "new"}, only(store, claim("1")).revision))
        assert (lost.lost, changed) == (1, {claim("1"): only(store, claim("1")).revision})


def test_a_token_whose_spending_got_no_reply_counts_as_spent_by_its_sender(url: str) -> None:
    address = urlsplit(url).netloc.rpartition("@")[2]
    with proxied(address) as proxy, closing(open_store(url.replace(address, proxy.address))) as store:
        mails = Mails(store)
        mail = Mail.new(MailKind.LOGIN, Email("ana@example.com"), "en", NOON)
        mails.add(mail, Job.new(kind="mail", subject_id=mail.id, user_id=None, now=NOON))
        [stored] = mails.get_many(mail.id)
        assert stored
        proxy.fail(lost := LostReply(COMMITTED))
        assert mails.spend(stored)
        assert lost.lost == 1
        assert not mails.spend(stored)


def test_a_commit_that_is_lost_on_its_way_is_sent_again(url: str) -> None:
    address = urlsplit(url).netloc.rpartition("@")[2]
    with proxied(address) as proxy, closing(open_store(url.replace(address, proxy.address))) as store:
        store.commit(Insert(claim("1"), CLAIM))
        proxy.fail(reset, once=True)  # the pool notices this and connects again
        store.commit(Insert(claim("2"), CLAIM))
        proxy.fail(reset, after=2, once=True)  # the connection breaks in the middle of the transaction
        store.commit(Insert(claim("3"), CLAIM))
        assert None not in store.get(claim("2"), claim("3"))


def test_a_request_waits_for_one_silent_connection_and_one_new_one(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The proxy accepts everything and forwards nothing. The store waits for an answer to each swallowed message."""
    monkeypatch.setattr(postgresql, "SILENCE_SECONDS", 0.5)
    address, swallowed = urlsplit(url).netloc.rpartition("@")[2], list[bytes]()
    with proxied(address) as proxy:
        through_proxy = url.replace(address, proxy.address)
        with closing(open_store(f"{through_proxy}?connect_timeout=2")) as store:
            store.commit(Insert(claim("1"), CLAIM))
            client = serve(store, NoLimits(), tmp_path)
            proxy.fail(lambda _, data: swallowed.append(data))
            answer = outcome_within(15, partial(log_in, client))
            assert getattr(answer, "status_code", answer) == 503
            waits = [data for data in swallowed if data[:1] != b"X"]  # X ends the session, and has no answer
            assert 1 <= len(waits) <= 2
            proxy.heal()
            assert only(store, claim("1")).fields == CLAIM
