"""The entity relationship diagram of the schema, in https://mermaid.js.org/syntax/entityRelationshipDiagram.html."""

from collections.abc import Iterator

from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Collection, Field, Type


def diagram() -> str:
    """Return the diagram as a block of Markdown."""
    lines = [line for collection in COLLECTIONS for line in (*_entity(collection), *_relationships(collection))]
    return "\n".join(["```mermaid", "erDiagram", *(f"    {line}" for line in lines), "```"])


def _entity(collection: Collection) -> Iterator[str]:
    yield f"{collection.name} {{"
    yield "    text id PK"
    for name, field in collection.fields.items():
        yield f"    {field.type.value} {name}{' FK' if field.refers_to else ''}{_nullable(field)}"
    yield "}"


def _nullable(field: Field) -> str:
    return ' "may be null"' if field.nullable else ""


def _relationships(collection: Collection) -> Iterator[str]:
    """Yield a relationship for each reference: a solid line if PostgreSQL enforces it."""
    for name, field in collection.fields.items():
        one_or_none = field.nullable or len(field.refers_to) > 1 or not field.enforced
        end = "o{" if field.type is Type.JSON else "o|" if one_or_none else "||"
        for target in field.refers_to:
            yield f"{collection.name} }}o{'--' if field.enforced else '..'}{end} {target} : {name}"
