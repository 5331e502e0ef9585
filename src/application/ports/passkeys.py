"""The port of passkeys: the two ceremonies of WebAuthn (level 3, section 7), registration and authentication."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from src.domain.factors import Passkey
from src.domain.users import User

CHALLENGE_LIFETIME = timedelta(minutes=10)
"""The time for which a challenge can be answered, and for which browsers wait for their users."""

Options = Mapping[str, Any]
"""The options of a ceremony as JSON, with the member ``publicKey``."""

Credential = Mapping[str, Any]
"""A PublicKeyCredential as its method ``toJSON`` returns it. A stranger may have sent any JSON object instead."""


@dataclass(frozen=True, slots=True)
class ClaimedCredential:
    """The contents of a credential before its signature is verified."""

    id: str
    """The id of the credential, in base64url without padding."""
    challenge: str
    user_id: str | None
    """The id of the user that the device has stored with the passkey, or None if the device has not sent it."""
    parts: Mapping[str, bytes]
    """The members of the authenticator's response."""


class RelyingParty(Protocol):
    """Makes the options of ceremonies, and verifies the credentials that browsers send back.

    User verification is always required, so that a passkey counts as two factors. Credentials are accepted from pages
    of the configured origins only.
    """

    max_user_id: int
    """The most bytes of the id of a user who can have a passkey."""

    def creation_options(self, user: User, existing: Sequence[Passkey], challenge: str) -> Options:
        """Return the options of ``navigator.credentials.create``.

        A device that holds one of the ``existing`` passkeys refuses to create another one.
        """

    def request_options(self, allowed: Sequence[Passkey], challenge: str) -> Options:
        """Return the options of ``navigator.credentials.get``.

        If ``allowed`` is empty, a device offers all its passkeys.
        """

    def parse(self, credential: Credential) -> ClaimedCredential:
        """Return the unverified contents of a credential. Raises WrongPasskey if the credential is malformed."""

    def verify_registration(self, claimed: ClaimedCredential) -> Passkey:
        """Return the new passkey of a credential made for ``creation_options``. Raises WrongPasskey."""

    def verify_authentication(self, claimed: ClaimedCredential, passkey: Passkey | None) -> Passkey:
        """Return ``passkey`` with its new signature counter, after it has signed the challenge of a credential.

        Raises WrongPasskey for a wrong signature. A call without a passkey takes as long, and raises WrongPasskey. The
        caller compares the signature counters, and checks whether the challenge is genuine and whose passkey it is.
        """
