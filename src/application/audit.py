"""The audit log of the operator."""

from collections.abc import Callable, Mapping
from typing import Any

from src.domain.events import EventType

Audit = Callable[[EventType, Mapping[str, Any]], None]
"""A function that writes an event with its fields to the audit log, and does not store it."""
