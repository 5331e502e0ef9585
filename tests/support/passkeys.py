"""Helpers for users with passkeys."""

from typing import Any

import pytest
from flask import Flask

from src.bootstrap.adapters import now
from src.domain.factors import Factor
from src.domain.users import User
from src.interfaces.services import Services
from tests.support.authenticator import Authenticator
from tests.support.world import Person, services_of


@pytest.fixture
def device(app: Flask, anna: Person) -> Authenticator:
    """Return a device of Anna with a passkey."""
    device = Authenticator()
    enrol(services_of(app), anna.user["id"], device)
    return device


def enrol(services: Services, user_id: str, device: Authenticator) -> Factor:
    """Make a passkey for a user on a device, and return its factor."""
    user = services.accounts.users.get(user_id)
    assert user
    return store(services, user_id, device.create(services.passkeys.enrolment_options(user)))


def store(services: Services, user_id: str, credential: dict[str, Any]) -> Factor:
    """Store a new passkey for a user, and return its factor."""
    user = services.accounts.users.get(user_id)
    assert user
    factor, evidence = services.passkeys.verify_enrolment(user, credential, None)

    def change(stored: User) -> User:
        return stored.with_factor(factor.id, factor.kind, now())

    services.passkeys.factors.save([factor], user.id, change, evidence)
    return factor


def sign_in_answer(services: Services, device: Authenticator) -> dict[str, Any]:
    """Return the answer of a device to the options of a sign-in."""
    return device.get(services.passkey_logins.options())
