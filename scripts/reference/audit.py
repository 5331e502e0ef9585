"""The events of the audit log, from the enumeration that declares them."""

from scripts.reference.markdown import attributes, prose, table
from src.domain.events import EventType


def events() -> str:
    """Return a table of the events."""
    rows = []
    for name, text in attributes(EventType).items():
        when, _, fields = text.partition("Fields: ")
        rows.append((f"`{EventType[name].value}`", prose(when), prose(fields).rstrip(".")))
    return table(["event", "when", "fields"], rows)
