"""The service with which users add second factors."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from src.application.accounts import Accounts
from src.application.accounts.steps import Change
from src.application.caller import Caller, caller_must_exist
from src.application.factors import PASSKEY_METHODS, Answer, PasskeyService, ProofService
from src.application.factors.passkeys import require_place_for_passkey
from src.application.factors.recovery import new_recovery_factor
from src.application.notices import Notices
from src.application.ports import AppSetup, Credential, Options
from src.application.tickets import Tickets
from src.domain.errors import (
    FieldError,
    Forbidden,
    InsufficientAuthentication,
    Invalid,
    InvalidToken,
    NotFound,
    Unavailable,
    WrongCode,
)
from src.domain.events import Event, EventType, always
from src.domain.factors import Evidence, Factor
from src.domain.mails import MailKind
from src.domain.sessions import Client, Method, SessionRepository
from src.domain.users import FactorKind, User
from src.domain.values import Role

_PURPOSE = "totp enrolment"
ENROLMENT_LIFETIME = timedelta(minutes=10)
"""The time in which a new authenticator app has to show its first code."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new factor, and the recovery codes if it is the first factor of its user.

    The codes are shown only this once.
    """

    factor: Factor
    recovery_codes: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentService:
    """Adds second factors.

    Another factor needs a proof with two factors of the last ten minutes, because the thief of a token could otherwise
    take over the account. The first factor needs a login of the last ten minutes.
    """

    proofs: ProofService
    passkeys: PasskeyService
    sessions: SessionRepository
    accounts: Accounts
    tickets: Tickets
    notices: Notices

    def start_app(self, caller: Caller) -> tuple[str, AppSetup]:
        """Begin to add an authenticator app: return a ticket, and the secret for the app. Nothing is stored yet.

        Raises InsufficientAuthentication, Forbidden.
        """
        self._require_may_enrol(caller)
        user = caller.user
        account = user.username.display if user.username else user.email.address if user.email else user.id
        setup = self.proofs.apps.new(account)
        secret = self.proofs.sealer.seal(setup.secret, user.id)
        return self.tickets.issue(_PURPOSE, ENROLMENT_LIFETIME, user=user.id, secret=secret), setup

    def start_passkey(self, caller: Caller) -> Options:
        """Return the options with which a browser makes a passkey.

        Raises InsufficientAuthentication, Forbidden, Invalid; NotFound if this service takes no passkeys; Unavailable.
        """
        self._require_may_enrol(caller)
        return self.passkeys.enrolment_options(caller.user)

    def add_app(self, caller: Caller, enrolment: str, code: str, name: str | None, client: Client) -> Enrolled:
        """Add the authenticator app that shows this code. It replaces an earlier app of the user.

        The first factor brings recovery codes, and ends every other session. Raises InsufficientAuthentication,
        Forbidden, Invalid for an enrolment that has expired, WrongCode, AlreadyUsed, Unavailable.
        """
        self._require_may_enrol(caller)
        user, now = caller.user, self.proofs.clock()
        try:
            ticket = self.tickets.open(_PURPOSE, enrolment)
        except InvalidToken:
            raise _expired_enrolment() from None
        if ticket.content["user"] != user.id:
            raise _expired_enrolment()
        secret = ticket.content["secret"]
        step = self.proofs.apps.accepted_step(self.proofs.sealer.open(secret, user.id), code, now)
        if step is None:
            raise WrongCode
        id = Answer(code).factor_id(user.id)
        old = self.proofs.factors.get_many(id)[0] if id in user.factors else None
        factor = Factor(id, user.id, FactorKind.TOTP, now, name, secret=secret, last_step=step)
        factor = replace(factor, revision=old.revision if old else "")
        return self._add(caller, factor, Evidence((ticket.spent,)), [Method.CODE, Method.TWO_FACTORS], client)

    def add_passkey(self, caller: Caller, credential: Credential, name: str | None, client: Client) -> Enrolled:
        """Add the passkey that a browser has made.

        The first factor brings recovery codes, and ends every other session. Raises InsufficientAuthentication,
        Forbidden, Invalid, WrongPasskey, AlreadyUsed, NotFound, Unavailable, and Taken if the passkey is already
        registered.
        """
        self._require_may_enrol(caller)
        factor, evidence = self.passkeys.verify_enrolment(caller.user, credential, name)
        return self._add(caller, factor, evidence, PASSKEY_METHODS, client)

    def _require_may_enrol(self, caller: Caller) -> None:
        """Raise an error unless the caller may add a factor now."""
        caller.require_person()
        user, now = caller.user, self.proofs.clock()
        if user.role is Role.GUEST:
            raise Forbidden("Guests have no factors; register first.")
        caller.require_recent_two_factors(now)
        caller.require_recent_proof(now)
        if not user.factors and self.notices.enabled and not user.email_verified:
            raise Forbidden("Prove your e-mail address first: a factor that is lost could not be replaced otherwise.")

    def _add(
        self, caller: Caller, factor: Factor, evidence: Evidence, methods: Sequence[Method], client: Client
    ) -> Enrolled:
        """Store a new factor. With the first one, store recovery codes, and end every other session."""
        user, now, is_first = caller.user, self.proofs.clock(), not caller.user.factors
        codes, recovery = new_recovery_factor(user, now)

        def change(stored: User) -> User:
            caller.require_current(stored, now)
            if bool(stored.factors) is is_first:
                raise InsufficientAuthentication  # another factor came first
            if factor.kind is FactorKind.PASSKEY:
                require_place_for_passkey(stored)
            added = stored.with_factor(factor.id, factor.kind, now)
            if not is_first:
                return added
            return added.with_factor(recovery.id, recovery.kind, now).without_sessions(now, caller.session_id)

        events = [factor_added(caller, client, factor.kind, now)]
        if is_first:
            ended = EventType.SESSIONS_ENDED, user.id, user.actor, now, caller.session_id
            events += [
                factor_added(caller, client, recovery.kind, now),
                client.event(*ended, reason="factor-added"),
            ]
        factors = [factor, *([recovery] if is_first else [])]

        def commit(final: Change) -> User:
            return self.proofs.factors.save(factors, user.id, final, evidence, events=always(*events))

        with caller_must_exist():
            if is_first:
                self.accounts.end_sessions_with(change, commit)
            else:
                commit(change)
        if is_first and caller.session:
            # The recovery codes are shown now or never. If this fails, a step-up strengthens the session too.
            with suppress(NotFound, Unavailable):
                self.sessions.update(caller.session.id, lambda session: session.stepped_up(methods, now))
        self.notices.send(MailKind.FACTOR_ADDED, user, client, factor=factor.kind.value)
        return Enrolled(factor, codes if is_first else None)


def factor_added(caller: Caller, client: Client, kind: FactorKind, now: datetime) -> Event:
    """Return the event of a new factor of the caller."""
    user = caller.user
    return client.event(EventType.FACTOR_ADDED, user.id, user.actor, now, caller.session_id, kind=kind.value)


def _expired_enrolment() -> Invalid:
    return Invalid(FieldError("enrolment", "expired", "The enrolment has expired; begin again."))
