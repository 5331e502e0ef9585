"""Copies from each store to the next one and back, and copies that are interrupted."""

import itertools
import os
import shutil
import signal
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from src.application.ports import RowStore
from src.domain.errors import Unavailable
from src.domain.stored_objects import ObjectState
from src.domain.users import User
from src.domain.values import Role, Username
from src.infrastructure.copying import CopyRefused, StoreCopy
from src.infrastructure.copying.contents import Tally
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.users import Users
from src.infrastructure.rows import make_rows
from src.infrastructure.stores.driver import Delete, Insert, Key, Update, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COUNTERS, DATASETS, JOBS, PACKS, USERS
from src.infrastructure.stores.sqlite import SqliteStore
from tests.contract.documents import account, claim, only, user
from tests.contract.test_documents import DATASET, LONG, NOON, STORED
from tests.support.children import exit_code, preload
from tests.support.databases import migrated_database
from tests.support.remote import Observed
from tests.support.rows import encoded, first_page

preload(__name__)

NOW = datetime(2029, 1, 1, tzinfo=UTC)
ROWS = [(line, line % 7 != 0, [f"{line}", "", "😀 'quoted' \n", LONG[: line % 50]]) for line in range(2, 1300)]
SETS = {"rows": ROWS, "first": ROWS[:1], "second": [], "interrupted": ROWS[:5], "whole": ROWS}
"""The rows in the row sets of the datasets. The rows of unchecked datasets are not copied."""
CHECKED = replace(
    DATASET.full, id="checked", row_sets=("interrupted", "whole"), state=ObjectState.STORED, receipt_id=None
)


class PackedSqlite(SqliteStore):
    """A SQLite store that packs rows into documents, as stores without a table for rows do."""

    document_bytes = 5_000
    commit_writes = 60

    def bulk_rows(self) -> RowStore:
        return cast(RowStore, None)


class WithoutJobs(SqliteStore):
    """A SQLite store that fails while it commits jobs."""

    def commit(self, *writes: Write) -> dict[Key, str]:
        if any(write.key.collection is JOBS for write in writes):
            raise Unavailable
        return super().commit(*writes)


def fill(store: Store) -> None:
    """Store two entities of every kind, an admin, the rows of datasets, and counters, one of which has expired."""
    owners = [*("ada", "eve"), *map(str, range(38))]
    store.commit(*(Insert(user(id), account(username_key=id)) for id in owners))
    for kind in STORED.values():
        for entity in (kind.bare, kind.full):
            kind.add(kind.repository(store), entity)
    DATASET.add(Datasets(store), CHECKED)
    Users(store).add(User.new(now=NOON, username=Username.parse("Åsa"), role=Role.ADMIN))
    for id, expires in (("expired", NOW), ("current", NOW + timedelta(seconds=1))):
        store.commit(Insert(Key(COUNTERS, id), {"hits": 2**40, "ends": 1, "expires_at": expires}))
    rows = make_rows(store)
    for set_id, content in SETS.items():
        rows.append(set_id, encoded(content))


def mortal(store: Store, die_at: int) -> Store:
    """Return a store whose process is killed at the step ``die_at``: a step is the moment before or after a commit."""
    steps = itertools.count(1)

    def observe(_: str) -> None:
        if next(steps) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return cast(Store, Observed(store, {"commit"}, observe))


def copy_and_die(kind: type[SqliteStore], source: Path, target: Path, die_at: int) -> None:
    """Copy a store to another one, and be killed at the step ``die_at`` unless the copy has fewer."""
    run(StoreCopy(SqliteStore(source, pool_size=1), mortal(kind(target, pool_size=1), die_at), NOW))


def run(copy: StoreCopy) -> dict[str, tuple[int, str]]:
    """Run a whole copy. Return the count and the checksum of each collection, which are the same in both stores."""
    copy.check_target()
    copied = list(copy.copy())
    assert copy.copied == len(copied)
    assert len(list(copy.compare())) == 2 * len(copied)
    results = {
        name: ((source.count, source.checksum), (target.count, target.checksum))
        for name, source, target in copy.results()
    }
    for name, (source, target) in results.items():
        assert source == target, name
    return {name: source for name, (source, _) in results.items()}


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> str:
    """Return the URL of a migrated PostgreSQL database that enforces references, as that of a service does."""
    return migrated_database(postgres_server)


@pytest.fixture
def new_file(migrated_file: Path, tmp_path: Path) -> Callable[[], Path]:
    """Return a function that makes an empty, migrated database."""
    numbers = itertools.count()
    return lambda: Path(shutil.copy(migrated_file, tmp_path / f"{next(numbers)}.db"))


@pytest.fixture
def source(sqlite: Callable[[], Store]) -> Iterator[Store]:
    with closing(sqlite()) as store:
        fill(store)
        yield store


@pytest.fixture
def target(new_file: Callable[[], Path]) -> Iterator[Store]:
    with closing(SqliteStore(new_file(), pool_size=1)) as store:
        yield store


def test_a_copy_around_all_stores_and_back_changes_nothing(
    request: pytest.FixtureRequest, source: Store, new_file: Callable[[], Path]
) -> None:
    stops = [source]
    openers = [request.getfixturevalue(name) for name in ("postgresql", "firestore", "dynamodb")]
    results = []
    for opener in (
        *openers,
        partial(PackedSqlite, new_file(), pool_size=1),
        partial(SqliteStore, new_file(), pool_size=1),
    ):
        stops.append(opener())
        results.append(run(StoreCopy(stops[-2], stops[-1], NOW)))
    assert all(result == results[0] for result in results)
    assert {name: count for name, (count, _) in results[0].items() if count} == {
        "users": 43,  # two of them for service accounts
        "claims": 3,  # of the admin's name and two dogs
        "rosters": 2,  # of admins and webhooks
        "sign_ins": 1,  # of the admin
        "sessions": 2,
        "counters": 1,
        "events": 2,
        "webhooks": 2,
        "deliveries": 2,
        "invitations": 2,
        "tasks": 2,
        "dogs": 2,
        "files": 2,
        "jobs": 4,
        "receipts": 2,
        "datasets": 3,
        "keys": 2,
        "service_accounts": 2,
        "rows": len(ROWS),
    }
    for store in stops:
        datasets, rows = Datasets(store), make_rows(store)
        assert [replace(found, revision="") for found in datasets.get_many("id", "full", "checked") if found] == [
            DATASET.bare,
            DATASET.full,
            CHECKED,
        ]
        assert first_page(rows, "whole", limit=5000) == ROWS
        if store is not source:
            assert [first_page(rows, left_out) for left_out in ("rows", "first", "interrupted")] == [[], [], []]
        assert Users(store).has_admin()
        store.close()


@pytest.mark.parametrize("kind", [SqliteStore, PackedSqlite], ids=["table", "packed"])
def test_a_copy_that_was_killed_at_any_commit_can_be_continued(
    new_file: Callable[[], Path], kind: type[SqliteStore]
) -> None:
    origin = new_file()
    source = SqliteStore(origin, pool_size=1)
    fill(source)
    for die_at in itertools.count(1):
        file = new_file()
        code = exit_code(copy_and_die, kind, origin, file, die_at)
        with closing(kind(file, pool_size=1)) as store:
            run(StoreCopy(source, store, NOW))
        if code != -signal.SIGKILL:
            assert code == 0
            assert die_at > 10
            return


@pytest.mark.parametrize("rows", [ROWS[:1000], ROWS[1000:], [(2, True, ["other"])], [*ROWS, (5000, True, ["more"])]])
def test_a_row_set_that_was_copied_in_part_is_copied_again(
    source: Store, target: Store, rows: list[tuple[int, bool, list[str]]]
) -> None:
    make_rows(target).append("whole", encoded(rows))
    run(StoreCopy(source, target, NOW))
    assert first_page(make_rows(target), "whole", limit=5000) == ROWS


@pytest.mark.parametrize("goes_on", [True, False], ids=["no last document", "last document only"])
def test_a_pack_of_which_documents_are_missing_is_copied_again(
    source: Store, new_file: Callable[[], Path], goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commits with the documents of a large pack run at the same time, and all of them may be interrupted."""
    monkeypatch.setattr(PackedSqlite, "document_bytes", 500)
    with closing(PackedSqlite(new_file(), pool_size=1)) as target:
        run(StoreCopy(source, target, NOW))
        packs = target.scan(PACKS, limit=500)
        large = {pack.fields["place"].partition(".")[0] for pack in packs if pack.fields["goes_on"]}
        kept = [
            pack.key
            for pack in packs
            if pack.fields["goes_on"] is goes_on and pack.fields["place"].partition(".")[0] in large
        ]
        assert kept
        target.commit(*(Delete(pack.key) for pack in packs if pack.key not in kept))
        run(StoreCopy(source, target, NOW))
        assert first_page(make_rows(target), "whole", limit=5000) == ROWS


def test_the_rows_of_an_interrupted_check_are_left_out(
    target: Store, new_file: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commits of an attempt run at the same time, so that a kill leaves a pack that cannot be read."""
    monkeypatch.setattr(PackedSqlite, "document_bytes", 500)
    with closing(PackedSqlite(new_file(), pool_size=1)) as source:
        fill(source)
        packs = [pack for pack in source.scan(PACKS, limit=500) if pack.fields["set_id"] == "rows"]
        source.commit(*(Delete(pack.key) for pack in packs if pack.fields["goes_on"]))
        with pytest.raises((ValueError, zlib.error)):
            first_page(make_rows(source), "rows", limit=5000)
        run(StoreCopy(source, target, NOW))
    assert first_page(make_rows(target), "rows", limit=5000) == []
    assert Datasets(target).get("id")


def test_a_copy_to_a_store_that_fails_says_so(source: Store, new_file: Callable[[], Path]) -> None:
    """The job that sends a mail has no owner, so that the target is not refused for a missing owner."""
    fields = source.scan(JOBS, limit=1)[0].fields
    source.commit(Insert(Key(JOBS, "mail"), {**fields, "user_id": None}))
    with closing(WithoutJobs(new_file(), pool_size=1)) as target, pytest.raises(Unavailable):
        run(StoreCopy(source, target, NOW))


def test_documents_written_to_the_source_during_the_copy_are_found(source: Store, target: Store) -> None:
    copy = StoreCopy(source, target, NOW)
    list(copy.copy())
    document = only(source, user("7"))
    source.commit(
        Update(document.key, {**document.fields, "name": "Changed"}, document.revision),
        Delete(Key(COUNTERS, "current")),
    )
    list(copy.compare())
    different = {
        name for name, ours, theirs in copy.results() if (ours.count, ours.checksum) != (theirs.count, theirs.checksum)
    }
    assert different == {"users", "counters"}


class TestRefusal:
    """A target that holds other data is refused, and is left unchanged."""

    @pytest.mark.parametrize(
        "write",
        [
            Insert(user("x"), account()),
            Insert(user("7"), account(name="Other")),
            Insert(claim("x"), {"kind": "k", "holder_id": "h"}),
        ],
    )
    def test_a_target_with_another_document_is_refused(self, source: Store, target: Store, write: Insert) -> None:
        target.commit(write)
        with pytest.raises(CopyRefused, match=f"{write.key.collection.name}/{write.key.id}"):
            StoreCopy(source, target, NOW).check_target()
        assert only(target, write.key).fields == write.fields
        assert len(target.scan(USERS, limit=9)) <= 1

    def test_a_target_with_another_report_of_a_dataset_is_refused(self, source: Store, target: Store) -> None:
        other = replace(DATASET.full, report=replace(DATASET.full.report, rows=99))
        DATASET.add(Datasets(target), other)
        with pytest.raises(CopyRefused, match="datasets/full"):
            StoreCopy(source, target, NOW).check_target()

    def test_a_target_with_other_packed_rows_or_reports_is_refused(
        self, source: Store, new_file: Callable[[], Path]
    ) -> None:
        for at in range(2):
            target = PackedSqlite(new_file(), pool_size=1)
            if at:
                make_rows(target).append("unknown", [(2, True, "[]")])
            else:
                DATASET.add(Datasets(target), replace(DATASET.full, id="unknown"))
                target.commit(Delete(Key(DATASETS, "unknown")))
            with pytest.raises(CopyRefused, match="packs/" if at else "reports/unknown"):
                StoreCopy(source, target, NOW).check_target()

    def test_the_source_itself_is_refused_under_every_name(self, source: Store, database: Path, tmp_path: Path) -> None:
        (tmp_path / "link.db").symlink_to(database)
        with pytest.raises(CopyRefused, match="this is the store to copy from"):
            StoreCopy(source, SqliteStore(tmp_path / "link.db", pool_size=1), NOW).check_target()


def test_a_target_that_enforces_owners_names_a_document_without_one(
    source: Store, postgresql: Callable[[], Store]
) -> None:
    source.commit(Delete(user("eve")))
    with (
        closing(postgresql()) as target,
        pytest.raises(CopyRefused, match="belongs to the user eve, who is not in the source"),
    ):
        run(StoreCopy(source, target, NOW))


def test_a_checksum_depends_on_every_item_and_not_on_their_order() -> None:
    def checksum(*items: bytes) -> str:
        tally = Tally()
        for item in items:
            tally.add(item)
        return tally.checksum

    assert checksum(b"a", b"b") == checksum(b"b", b"a")
    assert len({checksum(), checksum(b"a"), checksum(b"a", b"a"), checksum(b"a", b"b"), checksum(b"ab")}) == 5
