"""The Factor entity: a passkey, an authenticator app, or the recovery codes of a user."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from src.domain.events import NO_EVENTS, Recorded
from src.domain.keys import Key
from src.domain.users import FactorKind, User
from src.domain.values import Page, parse_name

MAX_PASSKEYS = 10
"""The most passkeys of a user."""
MAX_NAME = 64
"""The most characters of a factor's name."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """The stored parts of a WebAuthn credential (WebAuthn level 3, section 4)."""

    credential_id: str
    """The id that the authenticator chose, in base64url without padding."""
    public_key: str
    """The credential's public key in the form of COSE, in base64url without padding."""
    counter: int
    """The signature counter of the last use. Some authenticators always send 0, others a larger number each time."""
    backed_up: bool
    """Whether the credential is synchronised between devices, whose counters may differ."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a user. ``revision`` identifies this version in the store, and is empty until it is stored."""

    id: str
    user_id: str
    kind: FactorKind
    created_at: datetime
    name: str | None = None
    last_used_at: datetime | None = None
    passkey: Passkey | None = None
    """The credential, for the kind PASSKEY only."""
    secret: str | None = None
    """The encrypted secret of an authenticator app, for the kind TOTP only."""
    last_step: int = 0
    """The number of the 30-second step whose code was accepted last. Codes up to this step are refused."""
    code_hashes: tuple[str, ...] = ()
    """The hashes of the recovery codes that have not been used, for the kind RECOVERY only."""
    revision: str = ""

    def used(self, now: datetime) -> "Factor":
        """Return the factor after a use at ``now``."""
        return replace(self, last_used_at=now)


@dataclass(frozen=True, slots=True)
class Spent:
    """The record that a challenge or a ticket has been used. It is kept until the challenge or ticket expires."""

    id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """The single-use records that a proof of identity consumes, so that the same proof cannot be used again.

    A repository writes the evidence in the commit of whatever the proof allows, such as a new session. Of simultaneous
    uses of the same evidence exactly one succeeds.
    """

    spent: tuple[Spent, ...] = ()
    """The challenges and tickets that must not have been used before."""
    factor: Factor | None = None
    """A factor as it is after its use, with the revision that was read before it."""

    def left_for(self, user: User) -> "Evidence":
        """Return the evidence without the factor, if the login itself has removed the factor from its user."""
        return self if self.factor is None or self.factor.id in user.factors else replace(self, factor=None)


NO_EVIDENCE = Evidence()
"""The evidence of a proof that may be repeated, such as a password."""


def factor_id(kind: FactorKind, unique: str) -> str:
    """Return the id of a factor. It is derived from ``unique``, so that the store refuses a second such factor.

    ``unique`` is the credential id of a passkey, which only one account may hold. For the other kinds it is the id of
    the user, who has at most one factor of each.
    """
    return hashlib.sha256(f"{kind.value} {unique}".encode(errors="surrogatepass")).hexdigest()


def parse_factor_name(text: str) -> str:
    """Return ``text`` if it is a valid name of a factor. Raises InvalidValue."""
    return parse_name(text, MAX_NAME)


class FactorRepository(Protocol):
    """Stores factors. Every commit that changes the set of a user's factors changes ``User.factors`` too.

    A change of a user that removes a factor from ``User.factors`` removes the factor too.
    """

    def get_many(self, *ids: str) -> list[Factor | None]:
        """Return the factors in the order of ``ids``, with None for each absent one. Takes one round trip."""

    def with_user(
        self, user_id: str, *ids: str, unused: Spent | None = None
    ) -> tuple[User | None, list[Factor | None]]:
        """Return a user and the factors with these ids, in one round trip. A factor is None if it is absent.

        The factors are in the order of ``ids``. Raises AlreadyUsed if the challenge or ticket ``unused`` has been used.
        """

    def save(
        self,
        factors: Sequence[Factor],
        user_id: str,
        change: Callable[[User], User],
        evidence: Evidence,
        *,
        events: Recorded[User] = NO_EVENTS,
    ) -> User:
        """Store factors, apply ``change`` to their user, and write the evidence and events, in one commit.

        Return the user.

        A factor without a revision is new. Raises Taken if a new factor's id is in use, AlreadyUsed if the evidence or
        the revision of a factor is no longer current, NotFound without the user, and the errors of ``change``.
        """

    def add_user(self, user: User, factors: Sequence[Factor], keys: Sequence[Key] = ()) -> bool:
        """Store a new user together with its factors and keys, in one commit.

        Return False, and store nothing, if the id of the user, one of its names, a passkey or a key is taken.
        """

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Factor]:
        """Return a page of a user's factors, the newest first."""

    def update(self, id: str, change: Callable[[Factor], Factor]) -> Factor:
        """Apply ``change``, a pure function, to a stored factor, and return the result. Raises NotFound."""
