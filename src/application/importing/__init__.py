"""Importing users of other systems, with the hashes of their passwords."""

from src.application.importing.records import (
    HashOptions,
    HashParser,
    ImportPlan,
    NewUser,
    NotImportable,
    Refusal,
    UserRecord,
)
from src.application.importing.service import ImportService

__all__ = [
    "HashOptions",
    "HashParser",
    "ImportPlan",
    "ImportService",
    "NewUser",
    "NotImportable",
    "Refusal",
    "UserRecord",
]
