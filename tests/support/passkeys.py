"""People with passkeys."""

from datetime import datetime
from typing import Any

from src.bootstrap.adapters import now
from src.domain.factors import Factor
from src.domain.users import User
from src.interfaces.services import Services
from tests.support.authenticator import Authenticator


def enrol(services: Services, user_id: str, device: Authenticator, at: datetime | None = None) -> Factor:
    """Make a passkey for a user on a device, and return its factor."""
    passkeys, users = services.passkey_logins.passkeys, services.accounts.users
    user = users.get(user_id)
    assert user
    factor, evidence = passkeys.enrolled(user, device.create(passkeys.enrolment_options(user)), None)

    def change(stored: User) -> User:
        return stored.with_factor(factor.id, factor.kind, at or now())

    passkeys.factors.save([factor], user.id, change, evidence)
    return factor


def sign_in_answer(services: Services, device: Authenticator) -> dict[str, Any]:
    """Return what a device answers to the options of a sign-in."""
    return device.get(services.passkey_logins.options())
