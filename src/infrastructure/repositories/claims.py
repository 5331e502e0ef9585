"""Claims make values unique. Each value in use has a document, so that inserting it a second time fails."""

import base64
import hashlib
from collections.abc import Set

from src.domain.users import Claim
from src.infrastructure.stores.driver import Delete, Insert, Key, Write
from src.infrastructure.stores.schema import CLAIMS


def claim_key(claim: Claim) -> Key:
    """Return the key of a claim. It is a hash, because an id cannot hold every character of a value."""
    digest = hashlib.sha256(f"{claim.kind}:{claim.key}".encode()).digest()
    return Key(CLAIMS, base64.urlsafe_b64encode(digest).decode().rstrip("="))


def claim_writes(old: Set[Claim], new: Set[Claim], holder_id: str) -> list[Write]:
    """Return the writes that replace the claims ``old`` of a holder by the claims ``new``."""
    inserts = [Insert(claim_key(claim), {"kind": claim.kind, "holder_id": holder_id}) for claim in new - old]
    return [*inserts, *(Delete(claim_key(claim)) for claim in old - new)]
