"""The data model that the schema declares, and its page in the documentation."""

from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Type

NAMES = {collection.name for collection in COLLECTIONS}
FIELDS = [field for collection in COLLECTIONS for field in collection.fields.values()]


def test_references_name_collections() -> None:
    assert {target for field in FIELDS for target in field.refers_to} <= NAMES


def test_a_reference_that_sql_enforces_is_one_id_of_one_collection() -> None:
    assert {(field.type, len(field.refers_to)) for field in FIELDS if field.enforced} == {(Type.TEXT, 1)}


def test_every_id_of_another_document_is_declared_as_a_reference() -> None:
    undeclared = {
        (collection.name, name)
        for collection in COLLECTIONS
        for name, field in collection.fields.items()
        if name.endswith("_id") and not field.refers_to
    }
    # Row sets, passkeys at their authenticators, and requests are no documents.
    assert undeclared == {("packs", "set_id"), ("factors", "credential_id"), ("events", "request_id")}
