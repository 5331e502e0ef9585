"""Step-up authentication: users prove again, within a session, who they are (RFC 9470)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from src.application.caller import Caller, caller_must_exist
from src.application.factors import Answer, PasskeyService, ProofService
from src.application.ports import Options, Tokens
from src.application.sessions.service import SessionService
from src.domain.errors import FieldError, Invalid, InvalidToken, WrongPassword
from src.domain.factors import NO_EVIDENCE, Evidence
from src.domain.sessions import Client, Method, Session
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUpService:
    """Trades a proof of identity for an access token that contains the proof. The session stores the proof too."""

    sessions: SessionService
    proofs: ProofService
    passkeys: PasskeyService
    check_password: Callable[[User, str, Client], None]
    """A function that raises WrongPassword unless a user has this password, and counts wrong ones as failed logins."""

    def options(self, caller: Caller) -> Options:
        """Return the options with which a browser offers the passkeys of the caller.

        Raises NotFound if this service takes no passkeys; Unavailable.
        """
        return self.passkeys.proof_options(caller.user)

    def with_password(self, caller: Caller, password: str, client: Client) -> Tokens:
        """Prove with the password, if the caller has no factors, and return a new access token of the same session.

        Wrong passwords count as failed logins. Raises Invalid for a caller with factors; Forbidden for a caller without
        a session; WrongPassword, TooManyRequests, Unavailable.
        """
        caller.require_session()
        _require_no_factors(caller.user)
        try:
            self.check_password(caller.user, password, client)
        except WrongPassword:
            self.sessions.failures.record(caller.user, client)
            raise
        return self._step_up(caller, client, [Method.PASSWORD], _require_no_factors)

    def with_factor(self, caller: Caller, answer: Answer, client: Client) -> Tokens:
        """Prove with a factor, and return a new access token of the same session.

        The answer is used up by the commit that stores the proof in the session, so that of simultaneous uses exactly
        one succeeds. Raises Forbidden for a caller without a session; WrongCode, AlreadyUsed, TooManyRequests,
        Unavailable.
        """
        caller.require_session()
        with self.proofs.check_answer(caller.user, answer, client) as proof:
            return self._step_up(caller, client, proof.methods, evidence=proof.evidence)

    def _step_up(
        self,
        caller: Caller,
        client: Client,
        methods: Sequence[Method],
        check: Callable[[User], None] = lambda owner: None,
        evidence: Evidence = NO_EVIDENCE,
    ) -> Tokens:
        """Store the proof in the session, and return new tokens. A session in a cookie gets a new cookie value.

        ``check`` is called with the stored user, and again if the session has changed since it was read.
        """
        session, now = caller.require_session(), self.sessions.clock()
        cookie = self.sessions.cookies.first(session.id, caller.user.id) if client.uses_cookie else None
        user = self.sessions.require_current_sign_in(session, caller.stored_user)

        def change(stored: Session, owner: User) -> Session:
            if not stored.is_valid(owner, now):
                raise InvalidToken
            check(owner)
            stepped_up = stored.stepped_up(methods, now)
            return stepped_up.rotated(cookie.hash, now, self.sessions.lifetimes.idle) if cookie else stepped_up

        with caller_must_exist():
            session, user = self.sessions.sessions.update_with_user(session, user, change, evidence)
        if cookie:
            return self.sessions.in_cookie(session, cookie)
        return self.sessions.tokens_for(user, session, session.proof)


def _require_no_factors(user: User) -> None:
    if user.factors:
        raise Invalid(FieldError("password", "factor", "A password is not enough here; use one of your factors."))
