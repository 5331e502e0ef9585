"""The documents of rate limits."""

from datetime import UTC, datetime, timedelta

from src.application.limits import Count
from src.domain.sessions import Attempt
from src.infrastructure.stores.driver import Document, Insert, Key, Update
from src.infrastructure.stores.schema import COUNTERS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def first_hit(count: Count, now: int) -> Insert:
    """Return the write that stores a new counter with one hit. Its window begins at ``now``, in microseconds."""
    return Insert(Key(COUNTERS, count.id), _fields(1, now + count.limit.seconds * SECOND))


def attempt_of(count: Count, counter: Document) -> Attempt:
    """Return the last hit of a counter, as an attempt that ``without_attempt`` can undo."""
    hits, ends = counter.fields["hits"], counter.fields["ends"]
    return Attempt(count.id, count.limit.hits, hits, ends, counter.revision)


def without_attempt(attempt: Attempt) -> Update:
    """Return the write that subtracts an attempt from its counter.

    The counter is then below its limit, because refused attempts above the limit are subtracted too.
    """
    fields = _fields(min(attempt.count, attempt.limit) - 1, attempt.ends)
    return Update(Key(COUNTERS, attempt.id), fields, attempt.revision)


def _fields(hits: int, ends: int) -> dict[str, object]:
    return {"hits": hits, "ends": ends, "expires_at": EPOCH + timedelta(microseconds=ends)}
