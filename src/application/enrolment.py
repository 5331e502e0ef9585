"""The service with which users manage their second factors, and admins reset the factors of other users."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from src.application.accounts import Accounts, changes
from src.application.accounts.steps import Change
from src.application.caller import Caller, caller_must_exist
from src.application.factors import PASSKEY_METHODS, Answer, PasskeyService, ProofService
from src.application.factors.passkeys import require_place_for_passkey
from src.application.factors.recovery import new_recovery_codes, recovery_hash
from src.application.notices import Notices
from src.application.ports import AppSetup, Credential, Options
from src.application.tickets import Tickets
from src.domain.errors import (
    FieldError,
    Forbidden,
    InsufficientAuthentication,
    Invalid,
    InvalidToken,
    LastSignIn,
    NotFound,
    Unavailable,
    WrongCode,
)
from src.domain.events import OPERATOR, Actor, Event, EventType, always
from src.domain.factors import NO_EVIDENCE, Evidence, Factor, factor_id
from src.domain.mails import MailKind
from src.domain.sessions import NO_CLIENT, Client, Method, SessionRepository
from src.domain.users import FactorKind, User, UserRepository, require_visible
from src.domain.values import Page, Role

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
    """Adds, shows, renames and removes second factors.

    A change of the factors needs a proof with two factors of the last ten minutes, because the thief of a token could
    otherwise take over the account. The first factor needs a login of the last ten minutes.
    """

    proofs: ProofService
    passkeys: PasskeyService
    users: UserRepository
    sessions: SessionRepository
    accounts: Accounts
    tickets: Tickets
    notices: Notices
    mails_enabled: bool
    """Whether users can log in by mail."""

    def list(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Factor]:
        """List the second factors of a user, the newest first."""
        return self.proofs.factors.list_for_user(user_id, cursor, limit)

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
        factor, evidence = self.passkeys.enrolled(caller.user, credential, name)
        return self._add(caller, factor, evidence, PASSKEY_METHODS, client)

    def rename(self, user: User, id: str, name: str | None) -> Factor:
        """Give one of your factors another name. Raises NotFound."""
        if id not in user.factors:
            raise _no_such_factor()
        return self.proofs.factors.update(id, lambda factor: replace(factor, name=name))

    def remove(self, caller: Caller, id: str, client: Client) -> None:
        """Remove one of your factors. The recovery codes end with the last other factor.

        Raises InsufficientAuthentication, NotFound, and LastSignIn for the only way to sign in to the account.
        """
        now, kind = self.proofs.clock(), caller.user.factors.get(id)
        caller.require_recent_two_factors(now)

        def change(stored: User) -> User:
            caller.require_current(stored, now)
            if id not in stored.factors:
                raise _no_such_factor()
            left = stored.without_factors([id], now)
            if self._needs_passkey(left) and FactorKind.PASSKEY not in left.factors.values():
                raise LastSignIn
            return left

        if kind is None:
            raise _no_such_factor()
        self.users.update(caller.user.id, change, events=changes(client, caller.user.actor, now, caller.session_id))
        self.notices.send(MailKind.FACTOR_REMOVED, caller.user, client, factor=kind.value)

    def renew_codes(self, caller: Caller, client: Client) -> Sequence[str]:
        """Make new recovery codes, which end the old ones. They are shown this once.

        Raises InsufficientAuthentication, Invalid for a user without factors, AlreadyUsed, Unavailable.
        """
        now, user = self.proofs.clock(), caller.user
        caller.require_recent_two_factors(now)
        if not user.factors:
            raise Invalid(FieldError("factors", "required", "Recovery codes come with your first factor."))
        codes, factor = self._new_codes(user)
        [old] = self.proofs.factors.get_many(factor.id)
        factor = replace(factor, revision=old.revision if old else "")

        def change(stored: User) -> User:
            caller.require_current(stored, now)
            if not stored.factors:
                raise InvalidToken
            return stored.with_factor(factor.id, factor.kind, now)

        added = self._added(caller, client, factor.kind)
        self.proofs.factors.save([factor], user.id, change, NO_EVIDENCE, events=always(added))
        self.notices.send(MailKind.RECOVERY_CODES_RENEWED, user, client)
        return codes

    def list_of(self, id: str, cursor: str | None, limit: int) -> Page[Factor]:
        """List the second factors of a user, the newest first, for admins. Raises NotFound."""
        return self.list(require_visible(self.users.get(id)).id, cursor, limit)

    def reset(self, caller: Caller, id: str, client: Client) -> None:
        """Remove all factors of a user who has lost them, and end the sessions and the keys of the user.

        Raises Forbidden, InsufficientAuthentication, NotFound, Unavailable.
        """
        caller.require_admin()
        caller.require_recent_two_factors(self.proofs.clock())
        self._reset(id, caller.user.actor, client)

    def reset_by_operator(self, user: User) -> None:
        """Remove all factors of a user as ``reset`` does, on the command line. Raises NotFound, Unavailable."""
        self._reset(user.id, OPERATOR, NO_CLIENT)

    def _reset(self, id: str, actor: Actor, client: Client) -> None:
        now = self.proofs.clock()
        ended = client.event(EventType.SESSIONS_ENDED, id, actor, now, reason="factors-reset")
        record = changes(client, actor, now)

        def change(stored: User) -> User:
            user = require_visible(stored)
            return user.without_factors(user.factors, now).without_keys(now).without_sessions(now)

        user = self.accounts.end_sessions(id, change, lambda before, after: [*record(before, after), ended])
        self.notices.send(MailKind.FACTORS_RESET, user, client)

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
        codes, recovery = self._new_codes(user)

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

        events = [self._added(caller, client, factor.kind)]
        if is_first:
            events += [self._added(caller, client, recovery.kind), self._ended(caller, client)]
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

    def _new_codes(self, user: User) -> tuple[Sequence[str], Factor]:
        codes, kind = new_recovery_codes(), FactorKind.RECOVERY
        hashes = tuple(recovery_hash(user.id, code) for code in codes)
        return codes, Factor(factor_id(kind, user.id), user.id, kind, self.proofs.clock(), code_hashes=hashes)

    def _needs_passkey(self, user: User) -> bool:
        """Return whether a passkey is the only way in which the user can sign in."""
        by_mail = self.mails_enabled and user.email is not None
        return not by_mail and not self.accounts.may_have_sign_ins(user)

    def _added(self, caller: Caller, client: Client, kind: FactorKind) -> Event:
        user, now = caller.user, self.proofs.clock()
        return client.event(EventType.FACTOR_ADDED, user.id, user.actor, now, caller.session_id, kind=kind.value)

    def _ended(self, caller: Caller, client: Client) -> Event:
        user, now, reason = caller.user, self.proofs.clock(), "factor-added"
        return client.event(EventType.SESSIONS_ENDED, user.id, user.actor, now, caller.session_id, reason=reason)


def _expired_enrolment() -> Invalid:
    return Invalid(FieldError("enrolment", "expired", "The enrolment has expired; begin again."))


def _no_such_factor() -> NotFound:
    return NotFound("You have no such factor.")
