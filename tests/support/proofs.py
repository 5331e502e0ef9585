"""Gives users factors, and makes tokens that say how and when a user has proved who they are."""

from dataclasses import replace
from datetime import datetime, timedelta

from src.bootstrap.adapters import now
from src.domain.sessions import Proof
from src.domain.users import FactorKind
from tests.support.world import Client, Person, services_of

ONE = ("pwd",)
TWO = ("pwd", "otp", "mfa")
LONG_AGO = timedelta(seconds=601)
"""The age of a proof that is not recent any more."""


def give_factor(client: Client, person: Person, kind: FactorKind = FactorKind.TOTP) -> None:
    """Give a user a factor that has a kind and nothing else."""
    users = services_of(client.application).accounts.users
    users.update(person.user["id"], lambda stored: stored.with_factor(f"{kind} of a test", kind, now()))


def prove(client: Client, person: Person, methods: tuple[str, ...], at: datetime) -> None:
    """Store in the session of a person that the user has stepped up with these methods."""
    sessions = services_of(client.application).sessions.sessions
    sessions.update(person.session, lambda stored: replace(stored, methods=methods, stepped_up_at=at))


def with_proof(client: Client, person: Person, methods: tuple[str, ...], age: timedelta = timedelta()) -> Person:
    """Return the person with a new access token of the same session that has this proof."""
    service = services_of(client.application).authentication
    session, user = service.session_with_user(person.session, person.user["id"])
    tokens = service.tokens.issue(user, session, Proof(methods, service.clock() - age))
    return replace(person, token=tokens.access)
