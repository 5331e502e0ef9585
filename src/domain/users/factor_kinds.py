"""The kinds of second factors. They are here because a user knows the kinds of its factors."""

from enum import StrEnum


class FactorKind(StrEnum):
    """The kinds of second factors."""

    PASSKEY = "passkey"
    """A WebAuthn credential. It counts as two factors, because its device verifies the user."""
    TOTP = "totp"
    """An authenticator app that computes codes from the time (RFC 6238)."""
    RECOVERY = "recovery"
    """The recovery codes, each of which works once."""
