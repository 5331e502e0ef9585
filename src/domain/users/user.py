"""The User entity."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from src.domain.errors import NotFound
from src.domain.events import Actor, ActorKind
from src.domain.metadata import check_claims, merged_metadata
from src.domain.users.factor_kinds import FactorKind
from src.domain.users.standings import Standing
from src.domain.users.state import Claim, PendingChange, ProviderLink, State
from src.domain.values import Email, Role, Scope, Username, new_id, parse_name

PROFILE_PARSERS: Mapping[str, Callable[[str], Any]] = {"name": parse_name, "last_name": parse_name}
"""The functions that parse the personal details of a profile, by field. An import of users takes these fields too."""


class Profile(TypedDict, total=False):
    """The profile of a new user, or a change of a profile. A change keeps the fields that are absent."""

    username: Username | None
    email: Email | None
    name: str | None
    last_name: str | None
    role: Role
    disabled: bool
    metadata: Mapping[str, Any]
    """A merge patch (RFC 7396) of the metadata."""
    custom_claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``revision`` identifies this version in the store, and is empty until the user is stored."""

    id: str
    created_at: datetime
    updated_at: datetime
    username: Username | None = None
    email: Email | None = None
    email_verified: bool = False
    name: str | None = None
    last_name: str | None = None
    role: Role = Role.USER
    disabled: bool = False
    password_hash: str | None = None
    state: State = State.ACTIVE
    session_epoch: int = 0
    """A counter. Every session that began with a lower value has ended, except ``kept_session``."""
    kept_session: str | None = None
    address_changes: int = 0
    """The number of times that the e-mail address has changed, also to another spelling."""
    sessions_ended_at: datetime | None = None
    """The time up to which tokens of the identity provider are rejected: tokens that were issued at it or before."""
    expires_at: datetime | None = None
    """The time at which a guest is removed. None for other roles."""
    pending: PendingChange | None = None
    """The change that reconciliation finishes or undoes, or None while the store and the provider agree."""
    provider: ProviderLink | None = None
    """None for a user without an account at the identity provider, such as a guest of this service."""
    factors: Mapping[str, FactorKind] = field(default_factory=dict)
    """The kinds of the user's factors, by their ids. Changed only in the commit that changes the factors."""
    keys: Mapping[str, Scope] = field(default_factory=dict)
    """The scopes of the user's keys, by their ids. Changed only in the commit that changes the keys."""
    invitation_id: str | None = None
    """The invitation with which the user has made the account, or None.

    The commit that lets the user in accepts it. The commit that buries a user who still has it gives it back.
    """
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """JSON of the user's own. Nothing in it is trusted."""
    custom_claims: Mapping[str, Any] = field(default_factory=dict)
    """JSON that admins have set, and that every access token carries at its top level."""
    mirrored_claims: tuple[str, ...] = ()
    """The names of the claims at the identity provider that this service has set, or may have set."""
    revision: str = ""

    @classmethod
    def new(cls, *, now: datetime, id: str | None = None, **profile: Unpack[Profile]) -> "User":
        """Return an active user that is not stored yet. ``id`` is random unless given."""
        return cls(id=id or new_id(), created_at=now, updated_at=now, **profile)

    @property
    def can_log_in(self) -> bool:
        """Whether the account is in use and not disabled. The tokens of any other account are refused."""
        return self.state in (State.ACTIVE, State.SERVICE) and not self.disabled

    @property
    def is_service(self) -> bool:
        """Whether this is the user of a service account."""
        return self.state is State.SERVICE

    @property
    def keeps_last_sign_in(self) -> bool:
        """Whether a record of the user's last sign-in is kept. Guests, services and deleted users have none."""
        return self.role is not Role.GUEST and self.state not in (State.SERVICE, State.DELETED)

    @property
    def has_factors(self) -> bool:
        """Whether a login of the user takes a second step."""
        return bool(self.factors)

    def matches(self, only: Role | Standing | None) -> bool:
        """Return whether the user has a role or a standing. Every user matches None."""
        if isinstance(only, Standing):
            name, value = only.condition
            return getattr(self, name) is value
        return only in (None, self.role)

    @property
    def actor(self) -> Actor:
        """The user as the cause of an event."""
        if self.is_service:
            return Actor(ActorKind.SERVICE, self.id)
        return Actor(ActorKind.ADMIN if self.role is Role.ADMIN else ActorKind.USER, self.id)

    @property
    def is_visible(self) -> bool:
        """Whether other users can see the user. Guests and accounts that are not active are hidden."""
        return self.state is State.ACTIVE and self.role is not Role.GUEST

    @property
    def claims(self) -> frozenset[Claim]:
        """The username and the e-mail address, which no other user may have, and the reserved names."""
        own = [Claim("username", self.username.key)] if self.username else []
        own += [Claim("email", self.email.key)] if self.email else []
        return frozenset([*own, *(self.pending.reserved if self.pending else ())])

    @property
    def ticket(self) -> datetime | None:
        """The ticket of the process that works on a change of the user, or None if none does."""
        return self.pending.since if self.pending else None

    def changed(self, change: Profile, now: datetime) -> "User":
        """Return the user with a changed profile. A new address is not verified.

        Disabling a user ends its sessions and removes its keys.

        Raises Invalid if the metadata or the claims are too large after the change, or if a claim is reserved.
        """
        email = change.get("email", self.email)
        readdressed = self.with_email(email, verified=self.email_verified and email == self.email)
        if "metadata" in change:
            change = change | {"metadata": merged_metadata(self.metadata, change["metadata"])}
        changed = replace(readdressed, **change, updated_at=now)
        if "custom_claims" in change or "role" in change:
            check_claims(changed.custom_claims, changed.role)
        return changed.without_sessions(now).without_keys(now) if changed.disabled and not self.disabled else changed

    def with_email(self, email: Email | None, *, verified: bool) -> "User":
        """Return the user with an e-mail address, which is counted as a change if it is not the present one."""
        changes = self.address_changes + (email != self.email)
        return replace(self, email=email, email_verified=verified, address_changes=changes)

    @property
    def mail_epoch(self) -> int:
        """A counter that grows when all sessions end, as with a new password, and when the address changes.

        The tokens of mails that were opened at a lower value are void. An address that changes and changes back voids
        them too, which a comparison of the addresses alone would miss.
        """
        return self.session_epoch + self.address_changes

    @property
    def acts_as_admin(self) -> bool:
        """Whether the user, a person or a service, has the role of an admin, and can log in."""
        return self.role is Role.ADMIN and self.can_log_in

    @property
    def is_active_admin(self) -> bool:
        """Whether the user is a person, an admin, and can log in. The last such user cannot be removed."""
        return self.acts_as_admin and not self.is_service

    def without_sessions(self, now: datetime, keep: str | None = None) -> "User":
        """Return the user with every session ended, except the session with the id ``keep``."""
        epoch = self.session_epoch + 1
        return replace(self, session_epoch=epoch, kept_session=keep, sessions_ended_at=now, updated_at=now)

    def has_ended(self, signed_in_at: datetime) -> bool:
        """Return whether a sign-in at the identity provider has ended since ``signed_in_at``.

        The provider counts in whole seconds: a sign-in within the second of the end has ended too.
        """
        return self.sessions_ended_at is not None and signed_in_at <= self.sessions_ended_at.replace(microsecond=0)

    def marked(self, now: datetime) -> "User":
        """Return the user marked for reconciliation from ``now`` on. Reserved names stay reserved."""
        return replace(self, pending=PendingChange(now, self.pending.reserved if self.pending else ()))

    def settled(self) -> "User":
        """Return the user without reserved names, and without the mark for reconciliation."""
        return replace(self, pending=None)

    def with_provider(self, link: ProviderLink) -> "User":
        """Return the user with the current state of the provider's account.

        Sessions here end if the provider revoked sign-ins.

        No session ends if this service knows of the revocation already: the provider also revokes all sign-ins when
        this service changes the account, and then the sessions here stay. The keys end, even if all sessions have ended
        since, because the provider does not tell a reset of the password from another revocation.
        """
        user, ended = replace(self, provider=link), link.valid_since - timedelta(microseconds=1)
        if self.provider and self.provider.valid_since == link.valid_since:
            return user
        if self.provider:  # the link of a user without one may just be new to this service
            user = replace(user, keys={})
        if self.sessions_ended_at is not None and ended <= self.sessions_ended_at:
            return user
        return replace(user, sessions_ended_at=ended, kept_session=None)

    def with_factor(self, id: str, kind: FactorKind, now: datetime) -> "User":
        """Return the user with another factor."""
        return replace(self, factors={**self.factors, id: kind}, updated_at=now)

    def without_factors(self, ids: Collection[str], now: datetime) -> "User":
        """Return the user without the factors with these ids. Recovery codes end with the last other factor."""
        left = {id: kind for id, kind in self.factors.items() if id not in ids}
        if not any(kind is not FactorKind.RECOVERY for kind in left.values()):
            left = {}
        return replace(self, factors=left, updated_at=now)

    def with_key(self, id: str, scope: Scope, now: datetime) -> "User":
        """Return the user with another key."""
        return replace(self, keys={**self.keys, id: scope}, updated_at=now)

    def without_keys(self, now: datetime, ids: Collection[str] | None = None) -> "User":
        """Return the user without the keys with these ids, or by default without any key."""
        left = {id: scope for id, scope in self.keys.items() if ids is not None and id not in ids}
        return self if left == self.keys else replace(self, keys=left, updated_at=now)

    def tombstone(self, now: datetime) -> "User":
        """Return the record that stays of a deleted user: the id, which is never used again, and no personal data."""
        return User(
            id=self.id,
            created_at=self.created_at,
            updated_at=now,
            state=State.DELETED,
            session_epoch=self.session_epoch + 1,
            revision=self.revision,
        )


def require_visible(user: User | None) -> User:
    """Return a user whom others can see. Raises NotFound for any other user, and for None."""
    if user is None or not user.is_visible:
        raise NotFound("There is no such user.")
    return user
