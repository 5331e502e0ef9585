"""Makes and checks the table."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from src.infrastructure.stores.driver import StoreNotReady
from src.infrastructure.stores.dynamodb.items import EXPIRY

_KEYS = {"pk": "HASH", "sk": "RANGE"}
_KEY_SCHEMA = [{"AttributeName": name, "KeyType": kind} for name, kind in _KEYS.items()]


def prepare_table(client: Any, name: str) -> None:
    """Create the table if it is missing, and make DynamoDB remove expired items. Raises StoreNotReady."""
    with _translated_errors():
        if not _exists(client, name):
            make_table(client, name)
        if not _removes_expired(client, name):
            _remove_expired(client, name)


def check_table(client: Any, name: str) -> None:
    """Raise StoreNotReady unless the table exists and DynamoDB removes its expired items."""
    with _translated_errors():
        if not _exists(client, name):
            raise StoreNotReady(f"the table {name} is missing")
        if not _removes_expired(client, name):
            raise StoreNotReady(f"the table {name} does not remove what expires")


def _exists(client: Any, name: str) -> bool:
    """Return whether the table exists. Raises StoreNotReady if the table has another key schema."""
    try:
        table = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return False
    if {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]} != _KEYS:
        raise StoreNotReady(f"the table {name} has other keys; choose a name that no other service uses")
    return True


def make_table(client: Any, name: str) -> None:
    """Make the table, and wait until it can be used."""
    attributes = [{"AttributeName": key, "AttributeType": "S"} for key in _KEYS]
    with suppress(client.exceptions.ResourceInUseException):  # another process was faster
        client.create_table(
            TableName=name, KeySchema=_KEY_SCHEMA, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
        )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def _remove_expired(client: Any, name: str) -> None:
    try:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRY})
    except ClientError:
        if not _removes_expired(client, name):  # else another process was faster
            raise


def _removes_expired(client: Any, name: str) -> bool:
    found = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return found["TimeToLiveStatus"] in ("ENABLING", "ENABLED") and found["AttributeName"] == EXPIRY


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreNotReady(f"cannot be opened ({' '.join(str(error).split())})") from None
