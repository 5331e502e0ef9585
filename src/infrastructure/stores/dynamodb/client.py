"""Sends requests to DynamoDB, and translates the errors in the answers."""

from functools import cached_property
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from src.domain.errors import Unavailable
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.outages import unavailable_on
from src.infrastructure.stores.driver import PreconditionFailed, StoreNotReady
from src.infrastructure.stores.dynamodb.items import Item

_ATTEMPTS = 3
_CONFLICTS = {
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",  # of a request whose reply was lost; it may succeed
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}
_MEMBERS = {"batch_get_item": {"Responses", "UnprocessedKeys"}, "query": {"Items"}, "scan": {"Items"}}
"""The members of every answer of DynamoDB with status 200. An answer without them is not from DynamoDB."""
_FAILED = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}


class TableClient:
    """The client of one table."""

    def __init__(self, region: str, table: str, *, pool_size: int, timeout: float, session: Session | None) -> None:
        """Bound every request by ``timeout``, in seconds and with its repetitions."""
        self.table, self._region, self._session = table, region, session
        self._config = Config(
            connect_timeout=timeout / _ATTEMPTS,
            read_timeout=timeout / _ATTEMPTS,
            max_pool_connections=pool_size,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        )

    @cached_property
    def boto(self) -> Any:
        """The client of boto3. It connects at the first request."""
        # The connections of a client do not survive the fork of a web server, so the client is created at first use.
        session = self._session or Session()
        try:
            return session.client("dynamodb", region_name=self._region or None, config=self._config)
        except NoRegionError:
            raise StoreNotReady("no region: name it in STORE_URL, or in ~/.aws/config") from None

    def close(self) -> None:
        """Close the connections."""
        if "boto" in self.__dict__:
            self.boto.close()

    def send(self, operation: str, **request: Any) -> Any:
        """Send a request and return the answer.

        Raises PreconditionFailed; Conflict when the request should be repeated; and Unavailable for all other errors.
        """
        with unavailable_on(BotoCoreError, ClientError):
            try:
                answer = getattr(self.boto, operation)(**request)
                if not _MEMBERS.get(operation, set()) <= answer.keys():
                    raise Unavailable
                return answer
            except ClientError as error:
                reasons = error.response.get("CancellationReasons", [])
                codes = {error.response["Error"]["Code"], *(reason["Code"] for reason in reasons)}
                if codes & _FAILED:
                    raise PreconditionFailed from None
                if codes & _CONFLICTS:
                    raise Conflict from None
                raise

    def read(self, keys: list[Item], found: dict[str, Item]) -> None:
        """Read the items with these keys into ``found``.

        DynamoDB may leave some items out when it is busy or they are large.
        """

        def read() -> None:
            nonlocal keys
            while keys:
                request = {self.table: {"Keys": keys, "ConsistentRead": True}}
                answer = self.send("batch_get_item", RequestItems=request)
                read = answer["Responses"].get(self.table, [])
                found.update((item["pk"]["S"], item) for item in read)
                keys = answer["UnprocessedKeys"].get(self.table, {}).get("Keys", [])
                if not read and keys:
                    raise Conflict

        retry_conflicts(read)
