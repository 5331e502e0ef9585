"""The user: what it is, how it changes, and the port it is kept behind."""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypedDict

from src.domain.receipts import Once, Receipt
from src.domain.values import Email, InvalidValue, Page, Role, Username, fold, new_id


class State(StrEnum):
    """Where an account is between the store and the identity provider."""

    PENDING = "pending"  # its names are claimed, the identity provider does not know it yet
    ACTIVE = "active"
    DELETING = "deleting"  # nobody can use it, its names are still claimed
    DELETED = "deleted"  # only the id is left, so that the id never comes back to life


@dataclass(frozen=True, slots=True)
class Claim:
    """A unique value that a user holds: ``kind`` is the field, ``key`` the value's unique form."""

    kind: str
    key: str


class ProfileChange(TypedDict, total=False):
    """What a profile can be given; a field that is absent stays."""

    username: Username
    email: Email
    name: str | None
    last_name: str | None
    role: Role
    disabled: bool


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    username: Username | None
    email: Email | None
    created_at: datetime
    updated_at: datetime
    email_verified: bool = False
    name: str | None = None
    last_name: str | None = None
    role: Role = Role.USER
    disabled: bool = False
    password_hash: str | None = None
    state: State = State.ACTIVE
    session_epoch: int = 0
    """Sessions of an earlier epoch have ended, but for ``kept_session``."""
    kept_session: str | None = None
    sessions_ended_at: datetime | None = None
    """The same for tokens that others issue and that know no epoch: void if not from after this."""
    expires_at: datetime | None = None
    """When a guest is removed; None for users."""
    reserved: tuple[Claim, ...] = ()
    """Names already claimed for a change that the identity provider has not confirmed."""
    reconcile_since: datetime | None = None
    """Since when store and identity provider may differ; None when they agree."""
    revision: str = ""

    @classmethod
    def new(
        cls,
        *,
        now: datetime,
        username: Username | None,
        email: Email | None,
        role: Role = Role.USER,
        id: str | None = None,
    ) -> "User":
        """An active user."""
        return cls(id=id or new_id(), username=username, email=email, role=role, created_at=now, updated_at=now)

    @property
    def usable(self) -> bool:
        """Whether its owner may log in and its tokens count."""
        return self.state is State.ACTIVE and not self.disabled

    @property
    def listed(self) -> bool:
        """Whether others can see it: guests and who is not fully here are nobody's business."""
        return self.state is State.ACTIVE and self.role is not Role.GUEST

    @property
    def claims(self) -> frozenset[Claim]:
        """Every unique value it holds."""
        own = [Claim("username", self.username.key)] if self.username else []
        own += [Claim("email", self.email.key)] if self.email else []
        return frozenset([*own, *self.reserved])

    def changed(self, change: ProfileChange, now: datetime) -> "User":
        """This user with a changed profile; a new address is not a verified one, and who is disabled is out."""
        same_address = "email" not in change or change["email"] == self.email
        changed = replace(self, **change, email_verified=self.email_verified and same_address, updated_at=now)
        return changed.without_sessions(now) if changed.disabled and not self.disabled else changed

    @property
    def is_active_admin(self) -> bool:
        """Whether this is an admin who can log in; there is always one who does, once there was."""
        return self.role is Role.ADMIN and self.usable

    def without_sessions(self, now: datetime, keep: str | None = None) -> "User":
        """This user with every session ended but the one to ``keep``."""
        epoch = self.session_epoch + 1
        return replace(self, session_epoch=epoch, kept_session=keep, sessions_ended_at=now, updated_at=now)

    def tombstone(self, now: datetime) -> "User":
        """What stays of a deleted user: an id that is never used again, and nothing personal."""
        return User(
            id=self.id,
            username=None,
            email=None,
            created_at=self.created_at,
            updated_at=now,
            state=State.DELETED,
            session_epoch=self.session_epoch + 1,
            revision=self.revision,
        )


FindWeakness = Callable[[str, Sequence[str]], InvalidValue | None]
"""Return what makes a password easy to guess, or None. Takes the password and the user's own names."""

MAX_PASSWORD = 128
_MAX_TYPED = 4 * MAX_PASSWORD  # NFC composes at most four code points into one


def normalise_password(password: str) -> str:
    """Return ``password`` in NFC, so that one password typed on two keyboards is one password.

    NFC is what the OpaqueString profile of RFC 8265 asks for. Its other rules are left out: non-ASCII spaces stay as
    they are, and no character is refused. A text that is too long to be a password is returned unchanged, because
    normalising it could take long.
    """
    return unicodedata.normalize("NFC", password) if len(password) <= _MAX_TYPED else password


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Which new passwords are accepted (NIST SP 800-63B: length and a blocklist, no composition rules)."""

    min_length: int
    find_weakness: FindWeakness | None = None
    """Without it, a password may be easy to guess."""

    def check(self, password: str, *names: str | None) -> str:
        """Return ``password`` normalised. ``names`` are the user's username and e-mail address.

        The length is counted in code points of the normalised password. Raises InvalidValue.
        """
        password = normalise_password(password)
        known = [name for name in names if name]
        if len(password) < self.min_length:
            raise InvalidValue("too_short", f"Use at least {self.min_length} characters.")
        if len(password) > MAX_PASSWORD:
            raise InvalidValue("too_long", f"Use at most {MAX_PASSWORD} characters.")
        if fold(password) in map(fold, known):
            raise InvalidValue("same_as_name", "Do not use your username or e-mail address as the password.")
        if self.find_weakness and (weakness := self.find_weakness(password, known)):
            raise weakness
        return password


class UserRepository(Protocol):
    """Keeps users. Uniqueness is decided by the write: of simultaneous claims exactly one wins."""

    def add(self, user: User, receipt: Receipt | None = None) -> User:
        """Store a new user with its claims, whole or not at all. Raises Repeated, and Taken; ``id`` is a field too."""

    def get(self, id: str) -> User | None:
        """The user with this id, in whatever state."""

    def by_claim(self, claim: Claim) -> User | None:
        """The user who holds a username or an address."""

    def update(
        self,
        id: str,
        change: Callable[[User], User],
        *,
        revisions: Collection[str] | None = None,
        once: Once[User] | None = None,
    ) -> User:
        """Apply the pure function ``change`` to the stored user, whole and to one revision.

        It may run several times. With ``revisions`` the stored revision must be one of them; with ``once`` its
        receipt is stored in the same commit. Raises NotFound, Stale, Taken, LastAdmin, Repeated, and whatever
        ``change`` raises.
        """

    def remove(self, user: User) -> bool:
        """Remove a user who has no names, at the revision given; returns whether it was still at it."""

    def has_admin(self) -> bool:
        """Whether there is an admin who can log in."""

    def expired(self, now: datetime, limit: int = 100) -> Page[User]:
        """Guests whose time is over."""

    def find(
        self, *, role: Role | None = None, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> Page[User]:
        """Active users who have a username that begins with ``prefix``, by username, a page at a time."""

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[User]:
        """Users whose store and identity provider may differ since ``before``, the oldest first."""
