"""Users with an authenticator app and recovery codes."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from flask import Flask

from src.application.factors.recovery import new_recovery_codes, recovery_hash
from src.application.tickets import Tickets
from src.bootstrap.adapters import now
from src.domain.factors import NO_EVIDENCE, Factor, factor_id
from src.domain.users import FactorKind
from src.infrastructure.factors.totp import code_at
from src.infrastructure.tokens.signing_keys import KeyRing, as_jwk_set
from src.interfaces.services import Services
from tests.support.world import DATA_KEYS, KEY, services_of

SECRET = b"12345678901234567890"


@dataclass
class Phone:
    """The authenticator app and the recovery codes of a user. Each code of the app is returned once."""

    services: Services
    recovery_codes: list[str] = field(default_factory=lambda: [*new_recovery_codes()])
    last_step: int = 0

    @property
    def code(self) -> str:
        """The next code that was not returned before. There are two within half a minute.

        The code of the step before is accepted too, but could expire in the middle of a test.
        """
        moment = int(self.services.sessions.clock().timestamp()) // 30
        self.last_step = max(self.last_step + 1, moment)
        return code_at(SECRET, self.last_step)

    @property
    def wrong_code(self) -> str:
        """A code that is wrong."""
        moment = int(self.services.sessions.clock().timestamp()) // 30
        near = {code_at(SECRET, moment + step) for step in range(-2, 3)}
        return next(code for code in map("{:06}".format, count()) if code not in near)

    def answer(self, kind: str) -> dict[str, Any]:
        """Return the member of a body with a valid answer of this kind: ``code`` or ``recovery_code``."""
        return {kind: self.code if kind == "code" else self.recovery_codes.pop()}


def enrolment_of(user_id: str) -> dict[str, str]:
    """Return the body that adds an authenticator app to a user of ``tests.support.world``."""
    tickets = Tickets(KeyRing(as_jwk_set([KEY])).fingerprints, now)
    secret = DATA_KEYS.seal(SECRET, user_id)
    enrolment = tickets.issue("totp enrolment", timedelta(minutes=10), user=user_id, secret=secret)
    return {"enrolment": enrolment, "code": code_at(SECRET, int(now().timestamp()) // 30)}


def give_phone(app: Flask | Services, user_id: str) -> Phone:
    """Store an authenticator app and recovery codes of a user, and return them."""
    services = app if isinstance(app, Services) else services_of(app)
    proofs = services.sessions.proofs
    phone, at = Phone(services), proofs.clock()
    made = [Factor(factor_id(kind, user_id), user_id, kind, at) for kind in (FactorKind.TOTP, FactorKind.RECOVERY)]
    hashes = tuple(recovery_hash(user_id, code) for code in phone.recovery_codes)
    factors = [replace(made[0], secret=proofs.sealer.seal(SECRET, user_id)), replace(made[1], code_hashes=hashes)]
    kinds = {factor.id: factor.kind for factor in factors}
    proofs.factors.save(factors, user_id, lambda user: replace(user, factors=kinds), NO_EVIDENCE)
    return phone
