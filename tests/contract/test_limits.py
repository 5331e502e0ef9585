"""The behaviour of rate limiters, with counters in a store and in Redis."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
import redis

from src.application.limits import Count, Limit, RateLimiter
from src.application.ports import Clock
from src.domain.errors import TooManyRequests, Unavailable
from src.infrastructure.limits.redis import RedisLimiter
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.portable import Store
from tests.contract.conftest import SHARED, STORES, Wire
from tests.support.clock import outcome_within
from tests.support.races import at_once, in_processes, meet
from tests.support.working import Watch

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = Limit("minute", 10, 60)
OTHER = Limit("other", 3, 60)
GIVEN_BACK = Limit("given back", 10, 60, remembered=0)


@pytest.fixture
def key() -> str:
    """Return a key that nothing has been counted for. It is personal data, and not even valid Unicode."""
    return f"anna {uuid4().hex} \ud800"


def _real_time() -> datetime:
    return datetime.now(UTC)


def over_store(open_store: Callable[[], Store], clock: Clock = _real_time) -> RateLimiter:
    return StoreLimiter(open_store(), clock)


def over_redis(url: str, clock: Clock = _real_time) -> RateLimiter:
    """Return a limiter that has the clock of its server."""
    return RedisLimiter(url)


@pytest.fixture
def opener(request: pytest.FixtureRequest) -> Callable[..., RateLimiter]:
    """Return a function that opens the same counters in every process."""
    if request.param == "redis":
        return partial(over_redis, request.getfixturevalue("redis_url"))
    return partial(over_store, request.getfixturevalue(request.param))


@pytest.fixture
def watch() -> Watch:
    """The clock of limiters that count in a store. It stands still until the test moves it."""
    return Watch(NOON)


@pytest.fixture
def limiter(opener: Callable[..., RateLimiter], watch: Watch) -> Iterator[RateLimiter]:
    limiter = opener(watch)
    yield limiter
    close(limiter)


@pytest.fixture
def limiter_at_noon(limiter: RateLimiter, watch: Watch) -> tuple[StoreLimiter, Callable[[float], None]]:
    """Return a limiter whose clock stands at noon, and a function that sets it to a number of seconds after noon."""
    assert isinstance(limiter, StoreLimiter)

    def go_to(seconds: float) -> None:
        watch.time = NOON + timedelta(seconds=seconds)

    return limiter, go_to


def close(limiter: RateLimiter) -> None:
    if isinstance(limiter, StoreLimiter):
        limiter._store.close()
    if isinstance(limiter, RedisLimiter):
        limiter._redis.close()


def hits_until_full(limiter: RateLimiter, count: Count) -> int:
    for hits in range(1000):
        try:
            limiter.hit(count)
        except TooManyRequests:
            return hits
    return pytest.fail("it is never full")


everywhere = pytest.mark.parametrize("opener", [*STORES, "redis"], indirect=True)
shared = pytest.mark.parametrize("opener", [*SHARED, "redis"], indirect=True)


@everywhere
class TestLimiter:
    def test_a_limit_allows_exactly_its_number(self, limiter: RateLimiter, key: str) -> None:
        count = Count(MINUTE, key)
        began = time.monotonic()
        for _ in range(10):
            limiter.check(count)
            limiter.hit(count)
        for refused in (limiter.check, limiter.hit, limiter.hit, limiter.check):
            with pytest.raises(TooManyRequests) as over:
                refused(count)
            assert 60 - (time.monotonic() - began) <= over.value.retry_after <= 60

    def test_a_check_counts_nothing(self, limiter: RateLimiter, key: str) -> None:
        for _ in range(20):
            limiter.check(Count(MINUTE, key), Count(OTHER, key))
        assert hits_until_full(limiter, Count(MINUTE, key)) == 10

    def test_another_key_and_another_limit_are_counted_apart(self, limiter: RateLimiter, key: str) -> None:
        assert hits_until_full(limiter, Count(OTHER, key)) == 3
        assert hits_until_full(limiter, Count(OTHER, f"{key} ")) == 3
        assert hits_until_full(limiter, Count(MINUTE, key)) == 10

    def test_several_limits_are_counted_together(self, limiter: RateLimiter, key: str) -> None:
        """A hit counts for every limit, and the first full limit refuses it."""
        both = Count(MINUTE, key), Count(OTHER, key)
        for _ in range(3):
            limiter.check(*both)
            limiter.hit(*both)
        for refused in (limiter.check, limiter.hit):
            with pytest.raises(TooManyRequests):
                refused(*both)
            with pytest.raises(TooManyRequests):
                refused(*reversed(both))
        limiter.check(both[0])
        with pytest.raises(TooManyRequests):
            limiter.check(both[1])

    def test_a_whole_hit_that_one_limit_refuses_is_counted_under_none(self, limiter: RateLimiter, key: str) -> None:
        both = Count(GIVEN_BACK, key), Count(OTHER, key)
        for _ in range(3):
            limiter.hit(*both, whole=True)
        for _ in range(3):
            with pytest.raises(TooManyRequests):
                limiter.hit(*both, whole=True)
        assert hits_until_full(limiter, both[0]) == 7

    def test_the_window_begins_with_the_first_count_and_ends(
        self, limiter: RateLimiter, watch: Watch, key: str
    ) -> None:
        count = Count(Limit("short", 2, 60), key)

        def go_to(seconds: float) -> None:
            watch.time = NOON + timedelta(seconds=seconds)
            if isinstance(limiter, RedisLimiter):  # its window ends so much earlier
                limiter._redis.pexpire(f"portero:limit:{count.id}", int(1000 * (60 - seconds)), lt=True)

        assert hits_until_full(limiter, count) == 2
        go_to(20.1)
        with pytest.raises(TooManyRequests) as over:
            limiter.hit(count)  # a hit does not extend the window
        assert 0 < over.value.retry_after <= 40
        go_to(60.1)
        limiter.check(count)
        assert hits_until_full(limiter, count) == 2

    def test_counts_of_fifty_threads_add_up(self, limiter: RateLimiter, key: str) -> None:
        outcomes = at_once(limiter.hit, [Count(MINUTE, key)] * 50)
        assert Counter(map(type, outcomes)) == {list: 10, TooManyRequests: 40}

    def test_hits_that_are_given_back_make_room_and_refused_ones_take_none(
        self, limiter: RateLimiter, key: str
    ) -> None:
        count = Count(GIVEN_BACK, key)
        hits = [limiter.hit(count) for _ in range(10)]
        for _ in range(20):
            with pytest.raises(TooManyRequests):
                limiter.hit(count)
        for hit in hits[:3]:
            limiter.give_back(hit)
        assert hits_until_full(limiter, count) == 3


@pytest.mark.parametrize("opener", STORES, indirect=True)
def test_a_window_ends_to_the_microsecond(
    limiter_at_noon: tuple[StoreLimiter, Callable[[float], None]], key: str
) -> None:
    limiter, go_to = limiter_at_noon
    count = Count(OTHER, key)
    assert hits_until_full(limiter, count) == 3
    for elapsed, wait in [(0.0, 60), (0.000001, 60), (59.0, 1), (59.999999, 1)]:
        go_to(elapsed)
        with pytest.raises(TooManyRequests) as over:
            limiter.check(count)
        assert over.value.retry_after == wait
    go_to(60)
    assert hits_until_full(limiter, count) == 3


@pytest.mark.parametrize("opener", STORES, indirect=True)
def test_hits_that_begin_a_new_window_at_once_add_up(
    limiter_at_noon: tuple[StoreLimiter, Callable[[float], None]], key: str
) -> None:
    limiter, go_to = limiter_at_noon
    count = Count(MINUTE, key)
    assert hits_until_full(limiter, count) == 10
    go_to(60)
    outcomes = at_once(limiter.hit, [count] * 20)
    assert Counter(map(type, outcomes)) == {list: 10, TooManyRequests: 10}


@pytest.mark.parametrize("opener", STORES, indirect=True)
def test_a_counter_filled_while_the_clock_was_a_day_ahead_is_empty_when_the_clock_is_right(
    limiter_at_noon: tuple[StoreLimiter, Callable[[float], None]], key: str
) -> None:
    limiter, go_to = limiter_at_noon
    count = Count(MINUTE, key)
    go_to(86_400)
    assert hits_until_full(limiter, count) == 10
    go_to(0)
    limiter.check(count)
    assert hits_until_full(limiter, count) == 10
    with pytest.raises(TooManyRequests) as over:
        limiter.hit(count)
    assert over.value.retry_after == 60


@pytest.mark.parametrize("opener", STORES, indirect=True)
def test_a_hit_is_not_given_back_in_the_next_window(
    limiter_at_noon: tuple[StoreLimiter, Callable[[float], None]], key: str
) -> None:
    limiter, go_to = limiter_at_noon
    count = Count(GIVEN_BACK, key)
    hit = limiter.hit(count)
    go_to(60)
    limiter.hit(count)
    limiter.give_back(hit)
    assert hits_until_full(limiter, count) == 9


def test_a_counter_in_redis_lasts_no_longer_than_its_limit_says(redis_url: str, key: str) -> None:
    """A Redis clock that ran ahead leaves the counter a time to live that is too long."""
    limiter, count = RedisLimiter(redis_url), Count(MINUTE, key)
    limiter.hit(count)
    with redis.Redis.from_url(redis_url) as database:
        database.expire(f"portero:limit:{count.id}", 86_400)
    hits_until_full(limiter, count)
    with pytest.raises(TooManyRequests) as over:
        limiter.hit(count)
    assert over.value.retry_after <= 60
    close(limiter)


@pytest.mark.parametrize("opener", STORES, indirect=True)
def test_a_counter_that_is_full_is_not_looked_at_until_its_window_ends(
    limiter_at_noon: tuple[StoreLimiter, Callable[[float], None]], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter, go_to = limiter_at_noon
    count = Count(MINUTE, key)
    assert hits_until_full(limiter, count) == 10
    store = limiter._store
    with monkeypatch.context() as offline:
        offline.setattr(limiter, "_store", None)
        for elapsed, wait in [(0, 60), (59.5, 1)]:
            go_to(elapsed)
            for refused in (limiter.check, limiter.hit):
                with pytest.raises(TooManyRequests) as over:
                    refused(Count(OTHER, key), count)
                assert over.value.retry_after == wait
    limiter._store = store
    go_to(60)
    limiter.check(count)
    assert hits_until_full(limiter, count) == 10


def test_a_hit_whose_reply_is_lost_counts_and_may_count_twice(
    wire: Wire, firestore: Callable[[], Store], key: str
) -> None:
    limiter = over_store(firestore)
    wire.replies_to_lose = 1
    limiter.hit(Count(MINUTE, key))
    assert wire.rpcs == ["Commit", "Commit"]
    assert hits_until_full(limiter, Count(MINUTE, key)) == 8
    close(limiter)


def hit_at_once(share: tuple[Callable[[], RateLimiter], str]) -> list[str]:
    """Make twenty simultaneous hits; return the type of each outcome. Runs in a separate process."""
    opener, key = share
    limiter = opener()
    limiter.check(Count(MINUTE, key))
    meet()
    outcomes = at_once(limiter.hit, [Count(MINUTE, key)] * 20)
    close(limiter)
    return [type(outcome).__name__ for outcome in outcomes]


@shared
def test_processes_count_together(opener: Callable[[], RateLimiter], key: str) -> None:
    outcomes = [each for process in in_processes(hit_at_once, [(opener, key)] * 2) for each in process]
    assert (outcomes.count("list"), outcomes.count("TooManyRequests")) == (10, 30)


def test_redis_keys_expire_and_contain_no_names(redis_url: str, key: str) -> None:
    limiter = RedisLimiter(redis_url)
    with redis.Redis.from_url(redis_url) as database:
        before = {*database.scan_iter()}  # keys of earlier tests may expire meanwhile
        limiter.hit(Count(MINUTE, key))
        names = {*database.scan_iter()} - before
        assert names
        assert all(0 < database.ttl(name) <= 3600 for name in names)
        assert not any(b"anna" in name for name in names)
    close(limiter)


class TestUnreachable:
    """A limiter whose counters do not answer raises Unavailable within its timeout."""

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    @pytest.mark.parametrize(("kind", "use"), [("redis", "check"), ("redis", "hit"), ("firestore", "hit")])
    def test_an_unreachable_limiter_answers_within_its_timeout(
        self, kind: str, use: str, port: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = request.getfixturevalue(port)
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)
        limiter: RateLimiter = (
            RedisLimiter(f"redis://{address}", timeout=0.5)
            if kind == "redis"
            else over_store(lambda: FirestoreStore("demo-nowhere", timeout=0.5))
        )
        outcome = outcome_within(15, lambda: getattr(limiter, use)(Count(MINUTE, "anna")))
        assert isinstance(outcome, Unavailable)
        close(limiter)
