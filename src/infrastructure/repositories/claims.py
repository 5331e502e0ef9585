"""Claims make values unique: each value in use has one document, and a second insert of it fails."""

import base64
import hashlib

from src.domain.users import Claim
from src.infrastructure.stores.base import Insert, Key
from src.infrastructure.stores.schema import CLAIMS


def claim_key(claim: Claim) -> Key:
    """Return the key of a claim: a hash, so that every spelling is a legal id and the keys are spread evenly."""
    digest = hashlib.sha256(f"{claim.kind}:{claim.key}".encode()).digest()
    return Key(CLAIMS, base64.urlsafe_b64encode(digest).decode().rstrip("="))


def insert_claim(claim: Claim, holder_id: str) -> Insert:
    """Return the write that claims a value for its holder, and that fails when the value is taken."""
    return Insert(claim_key(claim), {"kind": claim.kind, "holder_id": holder_id})
