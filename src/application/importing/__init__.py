"""Importing users of other systems, with the hashes of their passwords."""

from src.application.importing.records import HashOptions, ImportPlan, NotImportable, Refusal, UserRecord
from src.application.importing.service import ImportService

__all__ = [
    "HashOptions",
    "ImportPlan",
    "ImportService",
    "NotImportable",
    "Refusal",
    "UserRecord",
]
