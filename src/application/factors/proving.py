"""Checks the answers of users to the second step of a login, and to a step-up."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from src.application.factors.passkeys import PASSKEY_METHODS
from src.application.factors.recovery import recovery_hash
from src.application.failed_logins import FailedLogins
from src.application.limits import Count, Limit, RateLimiter
from src.application.notices import Notices
from src.application.ports import AuthenticatorApps, Clock, Sealer
from src.application.tickets import Ticket
from src.domain.errors import AlreadyUsed, WrongCode
from src.domain.factors import Evidence, Factor, FactorRepository, factor_id
from src.domain.mails import MailKind
from src.domain.sessions import Attempt, Client, Method
from src.domain.users import FactorKind, User

GUESSES_BY_TICKET = Limit("codes-by-ticket", 5, 600, remembered=1)
GUESSES_BY_USER = Limit("codes-by-user", 10, 900, remembered=1)
GUESSES_A_DAY = Limit("codes-a-day", 50, 86400, remembered=1)
_WRONG_CODES_TOLD = 5
"""The number of wrong codes, in the window of GUESSES_BY_USER, after which the user is told."""

_METHODS = {
    FactorKind.TOTP: (Method.CODE, Method.TWO_FACTORS),
    FactorKind.RECOVERY: (Method.RECOVERY, Method.TWO_FACTORS),
    FactorKind.PASSKEY: PASSKEY_METHODS,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a user to the second step: a code, a recovery code or the answer of a passkey."""

    code: str = ""
    """The code that an authenticator app shows."""
    recovery_code: str = ""
    passkey: Mapping[str, Any] | None = None
    """The answer of a passkey, as a browser writes it in JSON (WebAuthn level 3, AuthenticationResponseJSON)."""

    @property
    def kind(self) -> FactorKind:
        """The kind of factor that gives this answer."""
        if self.passkey is not None:
            return FactorKind.PASSKEY
        return FactorKind.RECOVERY if self.recovery_code else FactorKind.TOTP

    def factor_id(self, user_id: str) -> str:
        """Return the id of the factor of a user that gives this answer."""
        return factor_id(self.kind, user_id if self.passkey is None else str(self.passkey.get("id")))


@dataclass(frozen=True, slots=True)
class SecondStepProof:
    """The proof that a user has taken the second step. It counts only if its evidence is written."""

    methods: tuple[Method, ...]
    evidence: Evidence
    attempts: list[Attempt] = field(default_factory=list)
    """The counted guesses, which are given back at the end of the block unless a commit there has given them back."""


CheckPasskey = Callable[[Factor, Mapping[str, Any]], Evidence]
"""A function of a stored passkey and of its answer to a challenge, which returns the evidence.

Raises WrongCode, and AlreadyUsed for a challenge that was answered before.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofService:
    """Checks the second step of a login, and every other proof of a second factor.

    Guesses of the codes of apps are limited, because these codes are short. Recovery codes and passkeys stay usable
    when the limit is reached, so that nobody can lock a user out.
    """

    factors: FactorRepository
    apps: AuthenticatorApps
    sealer: Sealer
    check_passkey: CheckPasskey
    limiter: RateLimiter
    """A limiter that counts even if the operator has turned the rate limits off."""
    notices: Notices
    failures: FailedLogins
    clock: Clock

    def read(self, user_id: str, ticket: Ticket, answer: Answer | None) -> tuple[User | None, Factor | None]:
        """Return a user and the factor that gives this answer, if there is one, in one round trip.

        Raises AlreadyUsed if the ticket has been used, and Unavailable.
        """
        ids = [answer.factor_id(user_id)] if answer else []
        user, factors = self.factors.with_user(user_id, *ids, unused=ticket.spent)
        return user, factors[0] if factors else None

    @contextmanager
    def check_answer(
        self, user: User, answer: Answer, client: Client, *, ticket: Ticket | None = None, factor: Factor | None = None
    ) -> Iterator[SecondStepProof]:
        """Check an answer, and run the block, which must commit the evidence of the proof.

        The proof also uses up ``ticket``. ``factor`` is the factor that gives the answer, if it has been read already.
        Guesses of codes are counted before they are checked, because simultaneous guesses would otherwise all be
        checked before the first one counts. Raises WrongCode, AlreadyUsed, TooManyRequests, Unavailable.
        """
        id = answer.factor_id(user.id)
        if factor is None and id in user.factors:
            [factor] = self.factors.get_many(id)
        if factor is None or id not in user.factors:
            raise WrongCode
        attempts = self._count(user, ticket) if answer.kind is FactorKind.TOTP else []
        try:
            evidence = self._evidence(user, factor, answer)
        except AlreadyUsed:
            self.limiter.give_back(attempts)
            raise
        except WrongCode:
            self._record_wrong(user, attempts, client)
            raise
        if ticket:
            evidence = replace(evidence, spent=(*evidence.spent, ticket.spent))
        proof = SecondStepProof(_METHODS[answer.kind], evidence, attempts)
        try:
            yield proof
        finally:
            self.limiter.give_back(proof.attempts)

    def _count(self, user: User, ticket: Ticket | None) -> list[Attempt]:
        counts = [Count(GUESSES_BY_USER, user.id), Count(GUESSES_A_DAY, user.id)]
        if ticket:
            counts.append(Count(GUESSES_BY_TICKET, ticket.spent.id))
        return list(self.limiter.hit(*counts, whole=True))  # what is refused is no guess

    def _record_wrong(self, user: User, attempts: list[Attempt], client: Client) -> None:
        self.failures.record(user, client)
        if attempts and attempts[0].count == _WRONG_CODES_TOLD:
            self.notices.send(MailKind.WRONG_CODES, user, client)

    def _evidence(self, user: User, factor: Factor, answer: Answer) -> Evidence:
        """Check an answer, and return the evidence that it uses up. Raises WrongCode, AlreadyUsed, Unavailable."""
        used = factor.used(self.clock())
        if answer.passkey is not None:
            return self.check_passkey(factor, answer.passkey)
        if answer.recovery_code:
            hash = recovery_hash(user.id, answer.recovery_code)
            if hash not in factor.code_hashes:
                raise WrongCode
            return Evidence(
                factor=replace(used, code_hashes=tuple(each for each in factor.code_hashes if each != hash))
            )
        assert factor.secret
        step = self.apps.accepted_step(self.sealer.open(factor.secret, user.id), answer.code, self.clock())
        if step is None:
            raise WrongCode
        if step <= factor.last_step:
            raise AlreadyUsed
        return Evidence(factor=replace(used, last_step=step))
