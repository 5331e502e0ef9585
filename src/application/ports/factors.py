"""The ports for authenticator apps and for the encryption of their secrets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AppSetup:
    """A new secret for an authenticator app, in the forms in which an app takes it."""

    secret: bytes
    text: str
    """The secret in base32, for people who type it."""
    uri: str
    """The address ``otpauth://…`` that an app opens."""
    qr_svg: str
    """The QR code of the address, as SVG."""


class AuthenticatorApps(Protocol):
    """Makes and checks the codes of authenticator apps (RFC 6238)."""

    def new(self, account: str) -> AppSetup:
        """Return a new random secret. The app shows it under the name ``account``."""

    def accepted_step(self, secret: bytes, code: str, now: datetime) -> int | None:
        """Return the number of the 30-second step near ``now`` that has this code, or None."""


class Sealer(Protocol):
    """Encrypts secrets for the store with the data keys of the operator."""

    def seal(self, secret: bytes, owner: str) -> str:
        """Return an encrypted secret that can be opened for the same ``owner`` only."""

    def open(self, sealed: str, owner: str) -> bytes:
        """Return the secret that was sealed for ``owner``. Raises Unavailable if its key is missing or wrong."""

    def is_current(self, sealed: str) -> bool:
        """Return whether a secret is encrypted with the key that encrypts new secrets."""
