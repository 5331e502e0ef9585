"""Claims: one document for each unique value in use, so that the write of a second one fails."""

import base64
import hashlib

from src.domain.users import Claim
from src.infrastructure.stores.base import Insert, Key
from src.infrastructure.stores.schema import CLAIMS


def claim_key(claim: Claim) -> Key:
    """Where a claim is: a hash, so that any spelling is a legal id and keys spread."""
    digest = hashlib.sha256(f"{claim.kind}:{claim.key}".encode()).digest()
    return Key(CLAIMS, base64.urlsafe_b64encode(digest).decode().rstrip("="))


def insert_claim(claim: Claim, holder_id: str) -> Insert:
    """The write that takes a value, or fails when it is taken."""
    return Insert(claim_key(claim), {"kind": claim.kind, "user_id": holder_id})
