"""The list of users with 100 000 users in SQLite. Its cost is counted in steps of the database, not timed."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from src.bootstrap.adapters import now
from src.domain.sign_ins import NEVER, SignedIn, day_of
from src.domain.users import Standing
from src.domain.values import Role
from src.infrastructure.stores.driver import Insert, Key
from src.infrastructure.stores.schema import SIGN_INS, USERS
from src.infrastructure.stores.sqlite import SqliteStore
from tests.contract.documents import account
from tests.support.world import build
from tests.web.operators import operator
from tests.web.surfer import Surfer

USERS_PAGE = "/console/users"
RARE = 120
"""The number of users, the last ones by name, who differ from all others in every filter of the list."""
FILTERS = ["", "q=user", "q=user00", *(f"only={each}" for each in (*[*Role][1:], *Standing, *SignedIn))]
MOST = 200
"""The steps that a page may take, each of 100 instructions of the virtual machine of SQLite."""


class Steps:
    """A place with users. Counts the steps that SQLite takes for a page, each of 100 instructions."""

    def __init__(self, folder: Path, people: int) -> None:
        url = f"sqlite:///{folder}/portero.db"
        SqliteStore.prepare(url)
        self.store = SqliteStore.open(url, pool_size=1)
        self.taken = 0
        today = day_of(now())
        for start in range(0, people, 250):
            writes: list[Insert] = []
            for number in range(start, min(start + 250, people)):
                id, name, is_rare = f"id{number:06}", f"user{number:06}", number >= people - RARE
                role = [*Role][2 + number % 3] if is_rare else Role.USER  # uploaders, auditors and admins
                fields = {"disabled": is_rare, "email_verified": is_rare, "has_factors": is_rare, "role": role.value}
                writes.append(Insert(Key(USERS, id), account(username=name, username_key=name, **fields)))
                day = today - timedelta(days=50)
                if is_rare:
                    day = [NEVER, today, today - timedelta(days=20), today - timedelta(days=200)][number % 4]
                writes.append(Insert(Key(SIGN_INS, id), {"day": day}))
            self.store.commit(*writes)
        self.admin: Surfer = operator(build(self.store))[0]
        with self.store.connections.reading() as connection:
            self._count(connection)

    def _count(self, connection: sqlite3.Connection) -> None:
        def step() -> None:
            self.taken += 1

        connection.set_progress_handler(step, 100)

    def of(self, query: str) -> tuple[int, int, str]:
        """Return the steps of a page, its rows, and the query of the next page."""
        self.taken = 0
        page = self.admin.open(f"{USERS_PAGE}?{query}")
        assert page.status_code == 200, query
        more = re.findall(rf'href="{USERS_PAGE}\?([^"]*cursor=[^"]*)" rel="next"', page.text)
        return self.taken, page.text.count('role="rowheader"'), more[0].replace("&amp;", "&") if more else ""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    steps = Steps(tmp_path_factory.mktemp("many"), 100_000)
    with closing(steps.store):
        yield steps


@pytest.mark.parametrize("query", FILTERS)
def test_a_page_of_100_000_users_reads_few_rows(many: Steps, query: str) -> None:
    """The first page and the second one, if there is one. Some filters find the rare users, and others the rest."""
    for _ in range(2):
        steps, rows, more = many.of(query)
        assert steps < MOST, query
        assert 0 < rows <= 50, query
        if not more:
            break
        query = more


def test_a_search_by_name_and_last_sign_in_goes_on_from_page_to_page(many: Steps) -> None:
    steps, rows, more = many.of(f"q=user&only={SignedIn.LAST_7_DAYS}")
    assert (rows, bool(more), steps < 5 * MOST) == (0, True, True)
    steps, rows, more = many.of(f"q=user0999&only={SignedIn.LAST_7_DAYS}")
    assert (rows, bool(more), steps < 5 * MOST) == (13, True, True)
    assert many.of(more)[1] == 12


def test_the_count_shows_a_query_without_an_index(many: Steps) -> None:
    many.taken = 0
    with many.store.connections.reading() as connection:
        connection.execute("SELECT count(*) FROM users WHERE name = 'x'").fetchone()
    assert many.taken > 10 * MOST
