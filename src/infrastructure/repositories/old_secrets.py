"""The replaced secrets of an entity in its document.

Earlier versions stored a single replaced secret and its end, in two fields that are null in documents of this version.
"""

from datetime import datetime
from typing import Any

from src.domain.old_secrets import OldSecrets


def parse_old_secrets(fields: dict[str, Any], single: tuple[str, str]) -> None:
    """Parse ``old_secrets`` in the fields of a document. Move the secret of the fields named in ``single`` there."""
    secret, end = map(fields.pop, single)
    stored = fields["old_secrets"] or {}
    parsed = {each: datetime.fromisoformat(until) for each, until in stored.items()}
    fields["old_secrets"] = ({secret: end} if secret and end else {}) | parsed


def old_secret_fields(old: OldSecrets, single: tuple[str, str]) -> dict[str, Any]:
    """Return the fields of a document with these replaced secrets. The fields named in ``single`` are null."""
    return {"old_secrets": {secret: end.isoformat() for secret, end in old.items()} or None} | dict.fromkeys(single)
