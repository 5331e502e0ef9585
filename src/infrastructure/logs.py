"""Writes logs as JSON, with the field names of Cloud Logging, or as text for a person at a terminal.

https://cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from src.domain.events import EventType

_audit = logging.getLogger("portero.audit")
_STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime"}
"""The attributes of every record, and of one that another formatter has formatted. ``extra`` adds more."""


class CloudFormatter(logging.Formatter):
    """Formats a record as one line of JSON. JSON escapes line breaks, so that no text of a client starts a new line."""

    def __init__(self, project: str, context: Callable[[], Mapping[str, str | None]]) -> None:
        """Set the Google Cloud project of the traces, and a function that returns further fields for each line.

        Without a project, a trace id is logged as it came.
        """
        super().__init__()
        self._context = context
        self._traces = f"projects/{project}/traces/" if project else ""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {**self._context()}
        if trace := fields.pop("trace_id", None):
            fields["logging.googleapis.com/trace"] = self._traces + trace
        fields |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        fields["logger"] = record.name
        fields["time"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        fields["severity"] = record.levelname
        fields["message"] = record.getMessage()
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=repr)


class TextFormatter(logging.Formatter):
    """Formats a record as text: a line with the time, the message and the fields.

    Further lines are indented, and control characters are escaped, so that no text of a client looks like a record or
    reaches the terminal as a command.
    """

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{name}={value}" for name, value in record.__dict__.items() if name not in _STANDARD]
        time = self.formatTime(record, "%H:%M:%S")
        text = " ".join([time, f"{record.levelname:7}", record.getMessage(), *fields])
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        lines = ("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line) for line in text.split("\n"))
        return "\n    ".join(lines)


def configure_logs(project: str, context: Callable[[], Mapping[str, str | None]] = dict, *, text: bool = False) -> None:
    """Write all logs of this process to standard output, as ``text`` for people or as JSON.

    ``project`` is the Google Cloud project of the traces. ``context`` returns further fields for each line of JSON.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(TextFormatter() if text else CloudFormatter(project, context))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


def audit(event: EventType, fields: Mapping[str, Any]) -> None:
    """Log a security event. Implements Audit."""
    _audit.info(event.value, extra=dict(fields))
