"""Logins whose first step has succeeded.

A signed ticket describes each, so that the store is not written before step two.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from src.application.ports import ExternalIdentity
from src.application.tickets import Ticket, Tickets
from src.domain.errors import InvalidToken, MfaRequired
from src.domain.sessions import Login, Method
from src.domain.users import User

_PURPOSE = "mfa"
LIFETIME = timedelta(minutes=10)
"""The time for which the second step can be taken."""


@dataclass(frozen=True, slots=True)
class FirstStep:
    """The first step of a login, which has succeeded."""

    methods: tuple[Method, ...] = ()
    """The methods of the first step that are not those of ``identity``."""
    login: Login | None = None
    """The way to log in, or None if the session is no login, but that of a new guest."""
    identity: ExternalIdentity | None = None
    """The sign-in at the identity provider, if the first step was one."""
    mail_id: str | None = None
    """The mail that was the first step, which is used up only after the second step."""


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """A login that waits for its second step."""

    user_id: str
    first: FirstStep
    state: str
    """A digest of the state of the account at the first step."""
    ticket: Ticket

    def require_current(self, user: User | None) -> User:
        """Return the user.

        Raises InvalidToken if the account has changed since the first step, such as by a new password.
        """
        if user is None or not user.can_log_in or self.state != _state(user):
            raise _ended()
        return user


@dataclass(frozen=True, slots=True)
class PendingLogins:
    """Issues and opens the tickets of logins that wait for their second step."""

    tickets: Tickets

    def refusal(self, user: User, first: FirstStep) -> MfaRequired:
        """Return the error that asks for the second step. It carries the ticket for the second step."""
        identity, login = first.identity, first.login
        token = self.tickets.issue(
            _PURPOSE,
            LIFETIME,
            user=user.id,
            methods=list(first.methods),
            login=login.value if login else None,
            signed_in_at=identity.authenticated_at.timestamp() if identity else None,
            mail=first.mail_id,
            state=_state(user),
        )
        kinds = sorted({kind.value for kind in user.factors.values()})
        return MfaRequired(token, int(LIFETIME.total_seconds()), kinds)

    def open(self, mfa_token: str) -> PendingLogin:
        """Return the login of a ticket. Raises InvalidToken."""
        try:
            ticket = self.tickets.open(_PURPOSE, mfa_token)
        except InvalidToken:
            raise _ended() from None
        content = ticket.content
        at = content["signed_in_at"]
        identity = None if at is None else ExternalIdentity(content["user"], datetime.fromtimestamp(at, UTC))
        methods, login = tuple(map(Method, content["methods"])), content["login"]
        first = FirstStep(methods, Login(login) if login else None, identity, content["mail"])
        return PendingLogin(content["user"], first, content["state"], ticket)


def _state(user: User) -> str:
    """Return a digest that changes with the account, as with the password or the factors, and when all sessions end.

    A new authenticator app and new recovery codes have the ids of the old ones, and change ``updated_at`` only.
    """
    ended = user.sessions_ended_at.timestamp() if user.sessions_ended_at else None
    parts = [user.updated_at.timestamp(), user.session_epoch, user.address_changes, ended, sorted(user.factors)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _ended() -> InvalidToken:
    return InvalidToken("The first step of the login has expired or was used; log in again.")
