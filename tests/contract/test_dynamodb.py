"""The store for DynamoDB: its requests, its index entries, its table, and a service that fails."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest
import requests
from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError

from src.domain.errors import Unavailable
from src.infrastructure import conflicts
from src.infrastructure.rows import packed
from src.infrastructure.stores.driver import Delete, Insert, Key, PreconditionFailed, Query, StoreNotReady, Update
from src.infrastructure.stores.dynamodb import DynamoStore
from src.infrastructure.stores.schema import DOGS, PACKS, SESSIONS, USERS
from tests.contract.documents import CLAIM, NOON, account, claim, counter, login, only, session, user
from tests.support.aws import REGION, use_aws
from tests.support.clock import outcome_within
from tests.support.emulators import free_port
from tests.support.races import at_once

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
FIRST_HIT = {"hits": 1, "ends": 60_000_000, "expires_at": NOON}


class Wire:
    """Records the requests to DynamoDB, and answers some of them in its place."""

    def __init__(self) -> None:
        self.operations: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.answers: list[Callable[[AWSPreparedRequest], AWSResponse | None]] = []

    def send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
        """Return None to let a request pass."""
        self.operations.append(event_name.rpartition(".")[2])
        self.bodies.append(json.loads(request.body))
        return self.answers.pop(0)(request) if self.answers else None


def answer(status: int, **body: Any) -> Callable[[AWSPreparedRequest], AWSResponse]:
    """Return a function that answers a request without sending it."""

    class Raw(BytesIO):
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield self.read()

    return lambda request: AWSResponse(request.url, status, {}, Raw(json.dumps(body).encode()))


def cancelled(*codes: str) -> Callable[[AWSPreparedRequest], AWSResponse]:
    reasons = [{"Code": code} for code in codes]
    return answer(400, __type="TransactionCanceledException", message="cancelled", CancellationReasons=reasons)


def lose_reply(request: AWSPreparedRequest) -> AWSResponse:
    """Send the request, and then behave as if the connection broke before the response arrived."""
    requests.post(request.url, data=request.body, headers=dict(request.headers), timeout=60)
    raise ConnectionClosedError(endpoint_url=request.url)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def store(dynamodb: partial[DynamoStore], wire: Wire) -> Iterator[DynamoStore]:
    """Open the store of the fixture ``dynamodb`` through ``wire``."""
    session = Session()
    session.events.register("before-send.dynamodb", wire.send)
    [table] = dynamodb.args
    store = DynamoStore(REGION, table, pool_size=8, timeout=60.0, session=session)
    yield store
    store.close()


@pytest.fixture
def table(store: DynamoStore, dynamodb: partial[DynamoStore]) -> Any:
    """Return the table as the AWS library (boto3) shows it."""
    return Session().resource("dynamodb", REGION).Table(*dynamodb.args)


def items(table: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.scan()["Items"]
    return found


class TestRequests:
    def test_a_commit_of_new_documents_is_one_transaction(self, store: DynamoStore, wire: Wire) -> None:
        store.commit(Insert(user("1"), account()), Insert(claim("1"), CLAIM))
        assert wire.operations == ["TransactWriteItems"]

    def test_an_update_reads_the_document_whose_entries_it_replaces(self, store: DynamoStore, wire: Wire) -> None:
        revisions = store.commit(Insert(user("1"), account()), Insert(claim("1"), CLAIM))
        wire.operations.clear()
        store.commit(Update(claim("1"), CLAIM, revisions[claim("1")]))
        assert wire.operations == ["TransactWriteItems"]
        wire.operations.clear()
        store.commit(Update(user("1"), account(name="Ada"), revisions[user("1")]))
        assert wire.operations == ["BatchGetItem", "TransactWriteItems"]
        [put] = wire.bodies[-1]["TransactItems"]  # the update changes no index entry
        assert put["Put"]["Item"]["name"] == {"S": "Ada"}

    def test_reads_are_consistent(self, store: DynamoStore, wire: Wire) -> None:
        store.commit(Insert(user("1"), account()))
        wire.bodies.clear()
        store.find(Query(USERS, "username_key"))
        store.scan(USERS, limit=1)
        assert {*wire.operations} == {"TransactWriteItems", "Query", "BatchGetItem", "Scan"}
        requests = [each for body in wire.bodies for each in body.get("RequestItems", {"": body}).values()]
        assert all(each["ConsistentRead"] for each in requests)

    def test_a_scan_passes_the_items_of_other_collections_quickly(self, store: DynamoStore, wire: Wire) -> None:
        for start in range(0, 60, 10):
            store.commit(*(Insert(user(f"{start + at}"), account(username_key="x")) for at in range(10)))
        wire.operations.clear()
        assert store.scan(DOGS, limit=1) == []
        assert wire.operations == ["Scan"]

    def test_a_hit_is_one_request(self, store: DynamoStore, wire: Wire) -> None:
        assert [each.fields for each in store.add_hits([Insert(counter("1"), FIRST_HIT)], [2], now=0)] == [FIRST_HIT]
        wire.operations.clear()
        [second] = store.add_hits([Insert(counter("1"), FIRST_HIT)], [2], now=1)
        assert second.fields == {**FIRST_HIT, "hits": 2}
        assert wire.operations == ["UpdateItem"]

    def test_a_hit_that_one_limit_refuses_reaches_no_later_counter(self, store: DynamoStore, wire: Wire) -> None:
        both = [Insert(counter("1"), FIRST_HIT), Insert(counter("2"), FIRST_HIT)]
        assert len(store.add_hits(both, [1, 5], now=0)) == 2
        wire.operations.clear()
        [refused] = store.add_hits(both, [1, 5], now=1)
        assert refused.fields["hits"] == 2
        assert wire.operations == ["UpdateItem"]

    def test_expired_documents_are_left_to_dynamodb(self, store: DynamoStore, wire: Wire) -> None:
        store.commit(Insert(session("1"), login(expires_at=NOON)))
        wire.operations.clear()
        assert store.remove_expired(NOON + SECOND) == 0
        assert wire.operations == []
        with pytest.raises(LookupError):
            store.find(Query(SESSIONS, "expires_at"))


class TestLimits:
    def test_the_declared_number_of_documents_fits_into_a_transaction(self, store: DynamoStore, wire: Wire) -> None:
        ids = range(store.commit_writes)
        store.commit(
            *(Insert(user(f"{id}"), account(email_key="a", reconcile_since=NOON, expires_at=NOON)) for id in ids)
        )
        assert 80 < len(wire.bodies[-1]["TransactItems"]) <= 100
        store.commit(*(Delete(user(f"{id}")) for id in ids))
        assert 80 < len(wire.bodies[-1]["TransactItems"]) <= 100

    def test_the_largest_packs_fit_into_items_and_into_a_transaction(self, store: DynamoStore, wire: Wire) -> None:
        pack = {
            "set_id": "a" * 32,
            "place": "1" * 17,
            "rows": "x" * store.document_bytes,
            "valid": True,
            "goes_on": False,
        }
        store.commit(*(Insert(Key(PACKS, f"{at}"), pack) for at in range(packed.COMMIT_DOCUMENTS)))
        items = [next(iter(each.values()))["Item"] for each in wire.bodies[-1]["TransactItems"]]
        sizes = [len(json.dumps(item)) for item in items]
        assert max(sizes) <= 400_000
        assert sum(sizes) <= store.commit_bytes
        assert len(store.find(Query(PACKS, "place", {"set_id": "a" * 32, "valid": True})).items) == len(sizes) // 2

    def test_values_longer_than_a_key_are_found_and_paged(self, store: DynamoStore) -> None:
        names = ["x" * 1400, "x" * 1401, "y" * 1400, "z"]
        store.commit(*(Insert(user(f"{at}" * 250), account(username_key=name)) for at, name in enumerate(names)))
        for at, name in enumerate(names):
            page = store.find(Query(USERS, "username_key", start=name, until=name))
            assert [document.key.id for document in page.items] == [f"{at}" * 250]
        found, cursor = [], None
        while page := store.find(Query(USERS, "username_key", limit=1, cursor=cursor)):
            found += [document.fields["username_key"] for document in page.items]
            if (cursor := page.next) is None:
                break
        assert sorted(found) == names
        assert found[2:] == names[2:]


class TestEntries:
    def test_nothing_is_left_when_every_document_is_deleted(self, store: DynamoStore, table: Any) -> None:
        chance = random.Random(1)
        for _ in range(60):
            key = user(f"{chance.randrange(5)}")
            fields = account(
                username_key=chance.choice([None, "a", "b"]),
                state=chance.choice(["active", "deleted"]),
                reconcile_since=chance.choice([None, NOON]),
            )
            [stored] = store.get(key)
            remove = Delete(key, chance.choice([None, stored.revision]) if stored else None)
            write = Update(key, fields, stored.revision) if stored else Insert(key, fields)
            store.commit(chance.choice([write, write, remove]))
        documents = [item for item in items(table) if item["sk"] == "document"]
        assert 0 < len(documents) < len(items(table))
        store.commit(*(Delete(user(f"{id}")) for id in range(5)))
        assert items(table) == []

    def test_an_entry_whose_document_is_gone_is_skipped(self, store: DynamoStore, table: Any) -> None:
        """DynamoDB removes an expired document and its entries one after the other."""
        store.commit(*(Insert(session(f"{at}"), login(created_at=NOON + at * SECOND)) for at in range(9)))
        for at in (8, 7, 6, 3):
            table.delete_item(Key={"pk": f"sessions/{at}", "sk": "document"})
        query = Query(SESSIONS, "created_at", {"user_id": "ada"}, descending=True, limit=2)
        page = store.find(query)
        assert [document.key.id for document in page.items] == ["5", "4"]
        assert page.next
        assert store.commit(Insert(session("8"), login(created_at=NOON)))
        assert [document.key.id for document in store.find(query).items] == ["5", "4"]

    def test_a_document_expires_together_with_its_entries(self, store: DynamoStore, wire: Wire, table: Any) -> None:
        midnight = int((NOON.replace(hour=0, minute=0, second=0, microsecond=0) + DAY).timestamp())
        store.commit(Insert(session("1"), login(expires_at=NOON)))
        for expires, removed, writes in [(NOON + SECOND, midnight, 1), (NOON + DAY, midnight + 86_400, 2)]:
            store.commit(Update(session("1"), login(expires_at=expires), only(store, session("1")).revision))
            assert len(wire.bodies[-1]["TransactItems"]) == writes
            assert [item["ttl"] for item in items(table)] == [removed] * 2

    def test_a_user_is_never_removed_by_dynamodb(self, store: DynamoStore, table: Any) -> None:
        """An expired guest owns sessions and tasks, which the service removes together with the guest."""
        store.commit(Insert(user("1"), account(expires_at=NOON)))
        assert [item for item in items(table) if "ttl" in item] == []

    def test_a_document_inserted_during_its_deletion_leaves_no_entry(
        self, store: DynamoStore, wire: Wire, table: Any
    ) -> None:
        def insert_before(_: AWSPreparedRequest) -> None:
            with closing(DynamoStore(REGION, table.name, pool_size=1)) as other:
                other.commit(Insert(user("1"), account()))

        wire.answers = [lambda request: None, insert_before]
        store.commit(Delete(user("1")))
        assert items(table) == []

    def test_a_document_that_is_deleted_and_changed_at_once_leaves_no_entry(
        self, store: DynamoStore, table: Any
    ) -> None:
        for _ in range(5):
            revision = store.commit(Insert(Key(DOGS, "1"), dog("rex")))[Key(DOGS, "1")]
            rename = Update(Key(DOGS, "1"), dog("bello"), revision)
            outcomes = at_once(
                lambda commit: commit(), [partial(store.commit, write) for write in (rename, Delete(rename.key))]
            )
            assert {type(each) for each in outcomes} <= {dict, PreconditionFailed}
            assert items(table) == []


def dog(name: str) -> dict[str, Any]:
    texts = dict.fromkeys(("user_id", "picture_status", "job_id"), "x")
    return texts | {"name": name, "name_key": name, "picture": None, "is_adopted": False, "created_at": NOON}


class TestFailures:
    def test_a_commit_whose_reply_is_lost_applies_once(self, store: DynamoStore, wire: Wire) -> None:
        wire.answers = [lose_reply]
        revisions = store.commit(Insert(user("1"), account()), Insert(claim("1"), CLAIM))
        assert revisions == {key: only(store, key).revision for key in (user("1"), claim("1"))}
        first, second = wire.bodies[:2]
        assert first["ClientRequestToken"] == second["ClientRequestToken"]

        wire.answers = [lambda request: None, lose_reply, lose_reply]
        revisions = store.commit(Delete(claim("1"), revisions[claim("1")]), Insert(claim("2"), CLAIM))
        assert revisions == {claim("2"): only(store, claim("2")).revision}

    @pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_a_cancelled_transaction_is_repeated(self, store: DynamoStore, wire: Wire, code: str) -> None:
        wire.answers = [cancelled("None", code)] * 3
        store.commit(Insert(claim("1"), CLAIM))
        assert wire.operations == ["TransactWriteItems"] * 4

    def test_a_transaction_that_is_still_in_progress_is_waited_for(self, store: DynamoStore, wire: Wire) -> None:
        """DynamoDB still works on the first request, whose reply was lost, when the repeated ones arrive."""
        in_progress = answer(400, __type="TransactionInProgressException", message="in progress")
        wire.answers = [lose_reply, in_progress, in_progress, in_progress]
        revisions = store.commit(Insert(claim("1"), CLAIM))
        assert revisions == {claim("1"): only(store, claim("1")).revision}

    def test_a_transaction_that_stays_in_progress_is_unavailable(
        self, store: DynamoStore, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conflicts, "GIVE_UP_SECONDS", 0.1)
        wire.answers = [answer(400, __type="TransactionInProgressException", message="in progress")] * 1000
        with pytest.raises(Unavailable) as raised:
            store.commit(Insert(claim("1"), CLAIM))
        assert raised.value.retry_after

    def test_a_failed_condition_counts_more_than_a_conflict(self, store: DynamoStore, wire: Wire) -> None:
        store.commit(Insert(claim("1"), CLAIM))
        wire.answers = [cancelled("TransactionConflict", "ConditionalCheckFailed")]
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Insert(claim("2"), CLAIM), Insert(claim("1"), CLAIM))
        assert failed.value.keys == {claim("1")}
        assert wire.operations == ["TransactWriteItems", "TransactWriteItems", "BatchGetItem"]

    def test_transactions_that_keep_conflicting_are_unavailable(
        self, store: DynamoStore, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(conflicts, "GIVE_UP_SECONDS", 0.5)
        wire.answers = [cancelled("TransactionConflict")] * 1000
        with pytest.raises(Unavailable) as raised:
            store.commit(Insert(claim("1"), CLAIM))
        assert raised.value.retry_after
        assert 0 < len(wire.operations) < 1000

    def test_a_transaction_that_dynamodb_does_not_accept_is_unavailable_at_once(
        self, store: DynamoStore, wire: Wire
    ) -> None:
        wire.answers = [cancelled("ValidationError")]
        with pytest.raises(Unavailable):
            store.commit(Insert(claim("1"), CLAIM))
        assert wire.operations == ["TransactWriteItems"]

    def test_an_answer_without_documents_is_unavailable(self, store: DynamoStore, wire: Wire) -> None:
        for read in (
            lambda: store.get(claim("1")),
            lambda: store.scan(USERS, limit=1),
            lambda: store.find(Query(USERS, "username_key")),
        ):
            wire.answers = [answer(200, __type="InternalServerError")]
            with pytest.raises(Unavailable):
                read()

    def test_keys_that_are_not_processed_are_read_again(self, store: DynamoStore, wire: Wire) -> None:
        keys = [claim(f"{at}") for at in range(14)]
        store.commit(*(Insert(key, CLAIM) for key in keys))

        def postpone(request: AWSPreparedRequest) -> AWSResponse:
            wanted = json.loads(request.body)["RequestItems"]
            return answer(200, Responses={}, UnprocessedKeys=wanted)(request)

        wire.operations.clear()
        wire.answers = [postpone, postpone]
        assert [found and found.key for found in store.get(*keys, claim("absent"))] == [*keys, None]
        assert wire.operations == ["BatchGetItem"] * 3

    def test_more_documents_than_one_request_returns_are_read(self, store: DynamoStore, wire: Wire) -> None:
        keys = [claim(f"{at}") for at in range(120)]
        for start in range(0, 120, 40):
            store.commit(*(Insert(key, CLAIM) for key in keys[start : start + 40]))
        wire.operations.clear()
        assert [found and found.key for found in store.get(*keys)] == keys
        assert wire.operations == ["BatchGetItem"] * 2


USES = pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda store: store.get(user("1"), claim("1")), id="get"),
        pytest.param(lambda store: store.find(Query(USERS, "username_key")), id="find"),
        pytest.param(lambda store: store.commit(Insert(claim("1"), CLAIM)), id="commit"),
        pytest.param(lambda store: store.add_hits([Insert(counter("1"), FIRST_HIT)], [1], 0), id="hit"),
        pytest.param(lambda store: store.scan(USERS, limit=1), id="scan"),
    ],
)


class TestUnreachable:
    @pytest.fixture(params=["closed_port", "silent_port"])
    def address(self, request: pytest.FixtureRequest) -> str:
        return f"http://{request.getfixturevalue(request.param)}"

    @USES
    def test_an_unreachable_dynamodb_is_unavailable_in_time(
        self, use: Callable[[DynamoStore], Any], address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_aws(monkeypatch, address)
        store = DynamoStore(REGION, "portero", pool_size=1, timeout=0.3)
        assert isinstance(outcome_within(10, lambda: use(store)), Unavailable)
        store.close()

    @USES
    def test_a_missing_table_is_unavailable(
        self, use: Callable[[DynamoStore], Any], dynamodb_server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_aws(monkeypatch, dynamodb_server)
        store = DynamoStore(REGION, "missing", pool_size=1)
        with pytest.raises(Unavailable):
            use(store)
        store.close()


class TestPrepare:
    @pytest.fixture
    def url(self, dynamodb_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        use_aws(monkeypatch, dynamodb_server)
        name = f"portero-{random.randbytes(8).hex()}"
        yield f"dynamodb://{REGION}/{name}"
        Session().client("dynamodb", REGION).delete_table(TableName=name)

    def test_the_table_is_made_once_and_can_be_used(self, url: str) -> None:
        with pytest.raises(StoreNotReady, match=r"the table portero-\w+ is missing"):
            DynamoStore.check(url)
        assert at_once(DynamoStore.prepare, [url] * 4) == [None] * 4
        store = DynamoStore.open(url, pool_size=1)
        store.commit(Insert(claim("1"), CLAIM))
        DynamoStore.prepare(url)
        DynamoStore.check(url)
        assert only(store, claim("1")).fields == CLAIM
        store.close()

    def test_a_table_that_keeps_expired_items_is_not_ready(self, url: str) -> None:
        DynamoStore.prepare(url)
        client, name = Session().client("dynamodb", REGION), url.rpartition("/")[2]
        off = {"Enabled": False, "AttributeName": "ttl"}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=off)
        with pytest.raises(StoreNotReady, match="does not remove what expires"):
            DynamoStore.check(url)

    def test_a_table_of_another_service_is_refused_and_stays(self, url: str) -> None:
        client, name = Session().client("dynamodb", REGION), url.rpartition("/")[2]
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "correo", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "correo", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for use in (DynamoStore.check, DynamoStore.prepare):
            with pytest.raises(StoreNotReady, match="has other keys"):
                use(url)

    def test_a_dynamodb_that_cannot_be_reached_is_not_ready(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_aws(monkeypatch, f"http://127.0.0.1:{free_port()}")
        for use in (DynamoStore.check, DynamoStore.prepare):
            with pytest.raises(StoreNotReady, match=r"cannot be opened \(Could not connect"):
                use(f"dynamodb://{REGION}/portero")
