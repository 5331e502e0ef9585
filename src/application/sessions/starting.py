"""Starts sessions: the second step of a login, the commit of a new session, and its tokens."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from src.application.accounts.steps import Change, unchanged
from src.application.factors import Answer, FirstStep, PendingLogins, ProofService, SecondStepProof
from src.application.notices import Notices
from src.application.ports import Clock, RefreshToken, RefreshTokens, TokenIssuer, Tokens
from src.application.sessions.authentication import AuthenticationService
from src.domain.errors import Unavailable
from src.domain.events import Event, EventType
from src.domain.factors import NO_EVIDENCE, Evidence
from src.domain.sessions import Attempt, Client, Method, Proof, Session, SessionRepository
from src.domain.sign_ins import LastSignIn, day_of
from src.domain.users import User
from src.domain.values import new_id


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The lifetimes of a session without a refresh, of a session at most, and of a guest account."""

    idle: timedelta
    absolute: timedelta
    guest: timedelta = timedelta(hours=24)
    service: timedelta = timedelta(minutes=15)
    """The life of a session of a service account, which is that of its access token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarter:
    """Starts the sessions of users whose identity is proved."""

    sessions: SessionRepository
    authentication: AuthenticationService
    tokens: TokenIssuer
    refresh_tokens: RefreshTokens
    cookies: RefreshTokens
    """The values of the cookies in which browsers keep sessions of the console."""
    lifetimes: Lifetimes
    proofs: ProofService
    pending: PendingLogins
    notices: Notices
    clock: Clock

    def start_for_service(self, user: User, client: Client) -> Tokens:
        """Return an access token for the user of a service account, in a session that ends with it."""
        return self._start(user, client, FirstStep())

    def start(
        self,
        user: User,
        client: Client,
        first: FirstStep,
        attempts: list[Attempt] | None = None,
        *,
        answer: Answer | None = None,
        prepare: Change = unchanged,
    ) -> tuple[User, Tokens]:
        """Log in a user who has taken the first step, and return the tokens of a new session.

        A user with factors needs a right ``answer`` too, unless the identity provider has asked for a second factor.
        ``prepare`` is a change of the account that belongs to the first step, and is made after the second step only.
        Attempts that the commit of the session gives back are removed from the list ``attempts``. Raises MfaRequired,
        WrongCode, AlreadyUsed, TooManyRequests, Unavailable, and the errors of ``prepare``.
        """
        if not user.factors or (first.identity and first.identity.second_factor):
            return self.start_proved(prepare(user), client, first, None, attempts)
        if answer is None:
            raise self.pending.refusal(user, first)
        with self.proofs.check_answer(user, answer, client) as proof:
            return self.start_proved(prepare(user), client, first, proof, attempts)

    def start_proved(
        self,
        user: User,
        client: Client,
        first: FirstStep,
        second: SecondStepProof | None,
        attempts: list[Attempt] | None = None,
    ) -> tuple[User, Tokens]:
        """Log in a user who has taken every step that is needed, and tell the user of a new device.

        Raises AlreadyUsed, Unavailable.
        """
        is_new_device = self.notices.is_new_device(user, client)
        tokens = self._start(user, client, first, second, attempts or [])
        if is_new_device:
            self.notices.new_device(user, client)
        return self.authentication.with_effective_role(user, Proof(_methods(first, second), self.clock()).level), tokens

    def _start(
        self,
        user: User,
        client: Client,
        first: FirstStep,
        second: SecondStepProof | None = None,
        attempts: list[Attempt] | None = None,
    ) -> Tokens:
        """Start a session. A login event is recorded only if the first step names the way to log in.

        A guest gets no refresh token, because the session ends with the guest; nor does a service, which has a secret.
        """
        now, id, login, identity = self.clock(), new_id(), first.login, first.identity
        fixed_end = now + self.lifetimes.service if user.is_service else user.expires_at
        if fixed_end:
            expires = ends = fixed_end
        else:
            ends = now + self.lifetimes.absolute
            expires = min(now + self.lifetimes.idle, ends)
        cookie = self.cookies.first(id, user.id) if client.uses_cookie else None
        refresh = None if cookie or fixed_end else self.refresh_tokens.first(id, user.id)
        current = cookie or refresh
        session = Session(
            id=id,
            user_id=user.id,
            epoch=user.session_epoch,
            created_at=now,
            last_used_at=now,
            expires_at=expires,
            ends_at=ends,
            client=client,
            current_hash=current.hash if current else None,
            signed_in_at=identity.authenticated_at if identity else None,
            second_factor=identity.second_factor if identity else None,
            methods=_methods(first, second),
        )
        succeeded = EventType.LOGIN_SUCCEEDED
        events = [client.event(succeeded, user.id, user.actor, now, id, method=login.value)] if login else []
        last_sign_in = LastSignIn(user.id, day_of(now)) if login and user.keeps_last_sign_in else None
        guesses, evidence = (second.attempts, second.evidence.left_for(user)) if second else ([], NO_EVIDENCE)
        self._add(session, [[] if attempts is None else attempts, guesses], evidence, events, last_sign_in)
        if cookie:
            return self.in_cookie(session, cookie)
        return self.tokens_for(user, session, session.proof, refresh)

    def _add(
        self,
        session: Session,
        attempts: Sequence[list[Attempt]],
        evidence: Evidence,
        events: Sequence[Event],
        last_sign_in: LastSignIn | None,
    ) -> None:
        """Store a session. Only the attempts that its commit has not given back stay in their lists."""
        counted = [list(each) for each in attempts]
        for each in attempts:
            each.clear()  # if the reply of the commit is lost, they may have been given back
        left: Collection[Attempt] = [*chain(*counted)]
        try:
            left = self.sessions.add_for_login([*chain(*counted)], session, evidence, events, last_sign_in)
        except Unavailable:
            left = ()
            raise
        finally:
            for each, before in zip(attempts, counted, strict=True):
                each += [attempt for attempt in before if attempt in left]

    def in_cookie(self, session: Session, cookie: RefreshToken) -> Tokens:
        """Return the tokens for a browser: the value of its session cookie, and the time until the session ends."""
        seconds = (session.ends_at - self.clock()).total_seconds()
        return Tokens("", int(seconds), None, cookie.value)

    def tokens_for(self, user: User, session: Session, proof: Proof, refresh: RefreshToken | None = None) -> Tokens:
        """Return tokens for a session. The tokens state the role that is effective after this proof."""
        return self.tokens.issue(self.authentication.with_effective_role(user, proof.level), session, proof, refresh)


def _methods(first: FirstStep, second: SecondStepProof | None) -> tuple[Method, ...]:
    """Return the methods of a login."""
    provider = first.identity.methods if first.identity else ()
    return (*first.methods, *provider, *(second.methods if second else ()))
