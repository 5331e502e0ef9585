"""Fingerprints of requests: they tell two apart, and give nothing away to who reads the store.

The key is derived from the key that signs access tokens, and follows it when it is rotated.
"""

import hmac

from src.infrastructure.tokens.signing_keys import KeyRing


class KeyedFingerprints:
    """See Fingerprints."""

    def __init__(self, keys: KeyRing) -> None:
        self._ring = keys

    def __call__(self, data: bytes) -> list[str]:
        """See Fingerprints."""
        return [hmac.digest(key, data, "sha256").hex() for key in self._ring.derived("portero fingerprints")]
