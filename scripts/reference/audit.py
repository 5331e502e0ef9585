"""The events of the audit log, from the enumeration that declares them."""

from scripts.reference.markdown import attributes, prose, table
from src.application.audit import AuditEvent


def events() -> str:
    """Return a table of the events."""
    rows = []
    for name, text in attributes(AuditEvent).items():
        when, _, fields = text.partition("Fields: ")
        rows.append((f"`{AuditEvent[name].value}`", prose(when), prose(fields).rstrip(".")))
    return table(["event", "when", "fields"], rows)
