"""Writes logs as JSON, one line for each event, with the field names of Cloud Logging.

https://cloud.google.com/logging/docs/structured-logging
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from src.application.audit import AuditEvent

_audit = logging.getLogger("portero.audit")


def configure_logs(project: str) -> None:
    """Write all logs of this process to standard output. ``project`` is the Google Cloud project of the traces.

    With an empty ``project``, the trace id is logged as it came with the request.
    """

    def cloud_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["severity"] = event.pop("level", "info").upper()
        event["message"] = event.pop("event")
        if trace := event.pop("trace_id", None):
            event["logging.googleapis.com/trace"] = f"projects/{project}/traces/{trace}" if project else trace
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stdout)
    # JSON escapes control characters, so that text from a client cannot start a new line.
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                cloud_fields,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


def audit(event: AuditEvent, fields: Mapping[str, str | bool | None]) -> None:
    """Log a security event. Implements Audit."""
    _audit.info(event.value, extra=dict(fields))
