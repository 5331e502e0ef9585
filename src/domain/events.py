"""Events: a record of what happened to each account. They feed the log, the history that users see, and webhooks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from src.domain.values import Page

E = TypeVar("E")

_PERSONAL = ("name", "email", "address", "username")
"""The members of ``Event.data`` that name a person. They are removed when the user is deleted."""


class EventType(StrEnum):
    """The types of events. The value of a member is its stable name. No field of an event holds a secret."""

    LOGIN_SUCCEEDED = "login-succeeded"
    """A user logged in.

    Fields: ``method``: ``password``, ``mail-link``, ``mail-code``, ``firebase`` or ``passkey``.
    """
    LOGIN_FAILED = "login-failed"
    """A password, a code or a passkey was wrong, the user is unknown, or the account is disabled.

    Fields: none; ``user_id`` is null for an unknown or disabled user and for a passkey, and then the event is only
    logged.
    """
    PASSKEY_COUNTER_WENT_BACK = "passkey-counter-went-back"
    """A passkey has signed with a counter that is not larger than before: it may have been copied. It is only logged.

    Fields: ``user_id``, ``factor_id``, ``refused`` (false for a passkey that is synchronised between devices).
    """
    SESSION_ENDED = "session-ended"
    """One session ended.

    Fields: ``reason``: ``logout``, ``ended-by-owner``, ``ended-by-admin``, ``revoked``, ``refresh-token-reused`` or
    ``ended-at-provider``.
    """
    SESSIONS_ENDED = "sessions-ended"
    """All sessions of a user ended, or all but the current one for a change of the password. They end before an
    identity provider gets the new password, and stay ended if it refuses the password.

    Fields: ``reason``: ``logout-all``, ``password-changed``, ``password-reset``, ``address-proved``, ``factor-added``,
    ``factors-reset``, ``ended-by-admin`` or ``disabled-at-provider``.
    """
    USER_REGISTERED = "user-registered"
    """A user registered, also a guest, or came for the first time from the identity provider or from a system whose
    logins are migrated. Fields: none."""
    GUEST_REGISTERED = "guest-registered"
    """A guest came for the first time. Fields: none."""
    INVITATION_CREATED = "invitation-created"
    """An admin or the operator invited somebody. Fields: ``invitation_id``, ``role``."""
    INVITATION_ACCEPTED = "invitation-accepted"
    """A user made an account with an invitation. Fields: ``invitation_id``."""
    USER_ADDED = "user-added"
    """An admin or the operator added a user. Fields: ``role``."""
    PROFILE_CHANGED = "profile-changed"
    """The username, a name, the metadata or the claims of a user were changed.

    Fields: ``fields``, the names of the changed fields.
    """
    ROLE_CHANGED = "role-changed"
    """A user was given a role, disabled or enabled. Fields: ``role``, ``disabled``."""
    USER_DELETED = "user-deleted"
    """A user was deleted. Fields: none."""
    ADDRESS_CHANGED = "address-changed"
    """The e-mail address of a user was changed. Fields: none."""
    ADDRESS_VERIFIED = "address-verified"
    """A user proved the e-mail address of the account. Fields: none."""
    ADDRESS_TAKEN = "address-taken"
    """A user changed the address at the identity provider to one that another user has here, and keeps the old one.

    Fields: none.
    """
    FACTOR_ADDED = "factor-added"
    """A user added a second factor, or got new recovery codes.

    Fields: ``kind``: ``passkey``, ``totp`` or ``recovery``.
    """
    FACTOR_REMOVED = "factor-removed"
    """A second factor of a user was removed.

    Fields: ``kind``: ``passkey``, ``totp`` or ``recovery``; ``kinds`` if more than three were removed at once.
    """
    KEY_CREATED = "key-created"
    """A user made a key. Fields: ``key_id``; ``scope``: ``read`` or ``write``."""
    KEY_REMOVED = "key-removed"
    """A key of a user was removed.

    Fields: ``key_id``, ``scope``; ``key_ids`` if more than three were removed at once.
    """
    USER_EXPORTED = "user-exported"
    """A user downloaded everything that the service holds about the account. Fields: none."""
    USERS_IMPORTED = "users-imported"
    """The operator or an admin imported users of another system. ``user_id`` is null. Fields: ``count``."""
    WEBHOOK_CHANGED = "webhook-changed"
    """A webhook was added, changed, removed, given a new secret, or disabled because it does not work.

    ``user_id`` is null. Fields: ``webhook_id``; ``action``: ``added``, ``changed``, ``removed``, ``secret-rotated`` or
    ``disabled``.
    """
    SERVICE_CHANGED = "service-changed"
    """A service account was added or removed, or was given a new secret.

    ``user_id`` is null. Fields: ``service_id``; ``action``: ``added``, ``removed`` or ``secret-rotated``.
    """
    DENIED = "denied"
    """A request was refused with 401 or 403. The event is only logged.

    Fields: ``reason`` (the code of the error), ``method``, ``path``.
    """


CHOOSABLE = tuple(type for type in EventType if type is not EventType.DENIED)
"""The types of events for which webhooks and lists may ask."""


class ActorKind(StrEnum):
    """The kinds of actors that cause events."""

    USER = "user"
    ADMIN = "admin"
    SERVICE = "service"
    OPERATOR = "operator"
    """Whoever uses the command line of the service."""
    SYSTEM = "system"
    """This service itself, or the identity provider."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The cause of an event. ``id`` is None if the actor has no id, or is not known."""

    kind: ActorKind
    id: str | None = None


OPERATOR, SYSTEM, STRANGER = Actor(ActorKind.OPERATOR), Actor(ActorKind.SYSTEM), Actor(ActorKind.USER)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an account. ``revision`` is empty until the event is stored."""

    id: str
    type: EventType
    at: datetime
    user_id: str | None
    """The id of the user to whom it happened, or None for an event that is about no user."""
    actor: Actor
    session_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """The details that depend on the type, as JSON."""
    revision: str = ""

    def without_personal_data(self) -> "Event":
        """Return the event without the address, the device and the names of people. The ids stay."""
        data = {name: value for name, value in self.data.items() if name not in _PERSONAL}
        return replace(self, ip=None, user_agent=None, data=data)

    def as_seen_by(self, user_id: str) -> "Event":
        """Return the event as the user with this id may see it: without the id and the device of another actor."""
        if self.actor.id in (None, user_id):
            return self
        actor = replace(self.actor, id=None)
        return replace(self, actor=actor, session_id=None, ip=None, user_agent=None, request_id=None)


Recorded = Callable[[E, E], Sequence[Event]]
"""A function of an entity before and after a change. It returns the events to store in the commit of the change."""


def always(*events: Event) -> Recorded[Any]:
    """Return a function that returns ``events`` for every change."""
    return lambda before, after: events


NO_EVENTS: Recorded[Any] = always()
"""The function for a change that is a step of another one, which stores the events."""


class EventRepository(Protocol):
    """Stores events.

    An event of a change is stored by the repository of the changed entity, in the commit of the change.
    """

    def add(self, event: Event, *, log: bool = True) -> None:
        """Store an event that comes with no change, and log it unless ``log`` is false. Raises Unavailable."""

    def get(self, id: str) -> Event | None:
        """Return the event with this id, or None."""

    def find(
        self,
        *,
        user_id: str | None = None,
        type: EventType | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Event]:
        """Return a page of the events of a user, or of all events, the newest first."""

    def delete_for_user(self, user_id: str) -> None:
        """Remove the personal data from the events of a user. The events stay, with their ids."""
