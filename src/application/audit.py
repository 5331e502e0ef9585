"""Security events for the operator's audit log."""

from collections.abc import Callable, Mapping
from enum import StrEnum


class AuditEvent(StrEnum):
    """The events of the audit log. The value of a member is its stable name. No field of an event holds a secret."""

    LOGIN_SUCCEEDED = "login-succeeded"
    """A user logged in with a password, a mail or a token of the identity provider. Fields: ``user_id``."""
    LOGIN_FAILED = "login-failed"
    """A password or a code was wrong, the user is unknown, or the account is disabled.

    Fields: ``user_id``, null for an unknown or disabled user.
    """
    SESSION_ENDED = "session-ended"
    """One session ended.

    Fields: ``user_id``, ``session_id``; ``reason``: ``logout``, ``ended-by-owner``, ``revoked``,
    ``refresh-token-reused`` or ``ended-at-provider``.
    """
    SESSIONS_ENDED = "sessions-ended"
    """All sessions of a user ended, or all but the current one after a change of the password.

    Fields: ``user_id``; ``reason``: ``logout-all``, ``password-changed``, ``password-reset``, ``address-proved``,
    ``factor-added``, ``factors-reset`` or ``disabled-at-provider``.
    """
    USER_REGISTERED = "user-registered"
    """A user registered, also a guest, or came for the first time from the identity provider. Fields: ``user_id``."""
    GUEST_REGISTERED = "guest-registered"
    """A guest came for the first time. Fields: ``user_id``."""
    USER_ADDED = "user-added"
    """An admin or the operator added a user. Fields: ``user_id``, ``role``, ``by`` (null for the operator)."""
    ROLE_CHANGED = "role-changed"
    """A user was given a role, disabled or enabled.

    Fields: ``user_id``, ``role``, ``disabled``, ``by`` (null for the operator).
    """
    USER_DELETED = "user-deleted"
    """A user was deleted. Fields: ``user_id``, ``by`` (null if the account at the identity provider was deleted)."""
    ADDRESS_CHANGED = "address-changed"
    """The e-mail address of a user was changed.

    Fields: ``user_id``, ``by`` (null if it was changed at the identity provider).
    """
    ADDRESS_TAKEN = "address-taken"
    """A user changed the address at the identity provider to one that another user has here, and keeps the old one.

    Fields: ``user_id``.
    """
    FACTOR_ADDED = "factor-added"
    """A user added a second factor, or got new recovery codes.

    Fields: ``user_id``; ``kind``: ``passkey``, ``totp`` or ``recovery``.
    """
    FACTOR_REMOVED = "factor-removed"
    """A second factor of a user was removed.

    Fields: ``user_id``; ``kind``: ``passkey``, ``totp`` or ``recovery``; ``by`` (null for the operator, and for a mail
    that has proved the address of the account).
    """
    DENIED = "denied"
    """A request was refused with 401 or 403. Fields: ``reason`` (the code of the error), ``method``, ``path``."""


Audit = Callable[[AuditEvent, Mapping[str, str | bool | None]], None]
"""A function that records an event with its fields."""
