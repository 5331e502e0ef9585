"""Lazy migration: a user of another system gets an account here at the first login with the password from there."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from src.application.accounts.changes import registered
from src.application.input_rules import InputRules
from src.application.limits import MIGRATIONS, Count, RateLimiter, network
from src.application.ports import Clock, KnownUser, LoginSource, PasswordHasher
from src.application.registration import RegistrationMode, RegistrationPolicy
from src.domain.errors import AttemptFailed, RegistrationClosed, Taken
from src.domain.sessions import Client
from src.domain.users import PROFILE_PARSERS, Claim, User, UserRepository
from src.domain.values import InvalidValue, Username

T = TypeVar("T")

_log = logging.getLogger("portero.identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginMigration:
    """Makes accounts for users whom another system knows by their name and their password."""

    source: LoginSource
    users: UserRepository
    hasher: PasswordHasher
    registration: RegistrationPolicy
    rules: InputRules
    limiter: RateLimiter
    clock: Clock

    def user_for(self, login: str, claim: Claim, password: str, client: Client) -> User | None:
        """Return the user of a login that the other system accepts, whom this call stores; None for any other login.

        ``claim`` is the claim on the name ``login``. The other system is asked once, and only about a name that no user
        has had here, while everybody may register. Each question is counted for the network of the client first, and
        given back if the answer is yes. The user gets the role USER and no claims, whatever the other system answers.
        Raises TooManyRequests, Unavailable.
        """
        holders = self.users.holders({claim, claim.former})
        if claim in holders:  # since the login began
            return self._stored(claim, password)
        if holders or self.registration.mode is not RegistrationMode.OPEN:
            return None
        try:
            if claim.kind == "email":
                self.registration.admit(self.rules.parse_email(login))
            attempts = self.limiter.hit(Count(MIGRATIONS, network(client)))
            if known := self.source.ask(claim.kind, login, password):
                self.limiter.give_back(attempts)
                return self._migrated(known, login, claim, password, client)
        except (AttemptFailed, RegistrationClosed, Taken) as error:
            _log.warning("a login was not migrated: %s", error)
        return None

    def _migrated(self, known: KnownUser, login: str, claim: Claim, password: str, client: Client) -> User | None:
        """Store a user whom the other system knows, and return the user.

        Of simultaneous logins one stores the user, and the others return the same user. Names and personal details that
        are not valid here are left out. Raises AttemptFailed if the user would not have the name ``claim``;
        RegistrationClosed; Taken if another user has the other name; Unavailable.
        """
        names = {"username": known.username, "email": known.email}
        names[claim.kind] = names[claim.kind] or login
        username, email = self.rules.parse_new_username, self.rules.parse_email
        now = self.clock()
        new = User.new(now=now, username=_valid(username, names["username"]) or Username.random())
        admitted = self.registration.admit(_valid(email, names["email"])).admit(new)
        parsers = PROFILE_PARSERS.items()
        details: dict[str, Any] = {name: _valid(parse, known.details.get(name)) for name, parse in parsers}
        if claim not in admitted.claims:
            raise AttemptFailed("The answer is about another name, or the name is not allowed here.")
        verified, hash = known.email_verified and admitted.email is not None, self.hasher.hash_password(password)
        user = replace(admitted, email_verified=verified, password_hash=hash, **details)
        try:
            return self.users.add_with_unused_names(user, events=registered(user, None, client, now))
        except Taken:
            if not self.users.holders({claim}):
                raise
            return self._stored(claim, password)

    def _stored(self, claim: Claim, password: str) -> User | None:
        """Return the user whom a simultaneous request has stored, unless the password is another one."""
        user = self.users.by_claim(claim)
        return user if user and user.can_log_in and self.hasher.verify(user.password_hash, password) else None


def _valid(parse: Callable[[str], T], text: str | None) -> T | None:
    """Return the value of a text, or None for a text that is empty or not valid."""
    with suppress(InvalidValue):
        return parse(text) if text else None
    return None
