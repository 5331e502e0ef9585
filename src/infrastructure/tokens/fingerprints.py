"""Fingerprints of requests: they distinguish requests without revealing their content to a reader of the store.

A fingerprint key is derived from each signing key. After a rotation the older keys still produce the older ones.
"""

import hmac

from src.infrastructure.tokens.signing_keys import KeyRing


class KeyedFingerprints:
    """Computes an HMAC-SHA256 with each key. Implements Fingerprints."""

    def __init__(self, keys: KeyRing) -> None:
        self._ring = keys

    def __call__(self, data: bytes) -> list[str]:
        return [hmac.digest(key, data, "sha256").hex() for key in self._ring.derived("portero fingerprints")]
