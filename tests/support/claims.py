"""Reads the claims on unique values."""

from src.domain.users import Claim
from src.infrastructure.repositories.claims import claim_key
from src.infrastructure.repositories.users import Users


def holder_of(users: Users, claim: Claim) -> str | None:
    """Return the id of the user who holds or reserves a unique value, or None if the value is free."""
    [document] = users._store.get(claim_key(claim))
    return document.fields["holder_id"] if document else None
