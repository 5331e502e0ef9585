"""Sessions: logging in, refreshing tokens, and logging out."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from src.application.accounts import Accounts
from src.application.caller import Caller, caller_must_exist
from src.application.factors import Answer, FirstStep
from src.application.failed_logins import FailedLogins
from src.application.limits import (
    FAILED_LOGINS,
    FAILED_LOGINS_BY_ACCOUNT,
    FAILED_LOGINS_BY_NAME,
    GUESTS,
    Count,
    RateLimiter,
    guess,
    network,
)
from src.application.migration import LoginMigration
from src.application.ports import RefreshToken, Tokens
from src.application.registration import RegistrationPolicy
from src.application.sessions.starting import SessionStarter
from src.domain.errors import InvalidCredentials, InvalidToken, NotFound, TooManyRequests
from src.domain.events import SYSTEM, Actor, EventType, always
from src.domain.sessions import NO_CLIENT, Client, Login, Method, Session
from src.domain.users import Claim, User, UserRepository, require_visible
from src.domain.values import InvalidValue, Page, Role, fold

_MAX_LOGIN = 254  # characters of a login that are folded; folding a longer text could take long


class _TokenReused(Exception):
    """A refresh token is neither the current one nor in its grace period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionService(SessionStarter):
    """Starts, renews, lists and ends sessions."""

    users: UserRepository
    accounts: Accounts
    parse_login: Callable[[str], Claim]
    registration: RegistrationPolicy
    limiter: RateLimiter
    failures: FailedLogins
    migration: LoginMigration | None
    """None if no other system knows users who are not here yet."""

    def log_in(self, login: str, password: str, client: Client, answer: Answer | None = None) -> tuple[User, Tokens]:
        """Trade a username or e-mail address and a password for tokens.

        A wrong password, an unknown user and a disabled account get the same answer, in the same time. ``answer`` is
        the answer to the second step, which is needed if the user has factors. A user who is unknown here but known to
        the system of a migration becomes a user here.
        Raises InvalidCredentials, MfaRequired, WrongCode, AlreadyUsed, TooManyRequests, Unavailable, and
        RegistrationClosed for the owner of an account at the identity provider who has never been here.
        """
        claim, address = None, network(client)
        with suppress(InvalidValue):
            claim = self.parse_login(login)
        # Counted by name and address together, so that a stranger cannot lock the owner out from elsewhere.
        name = claim.key if claim else fold(login[:_MAX_LOGIN])
        by_name, by_address = Count(FAILED_LOGINS_BY_NAME, f"{address} {name}"), Count(FAILED_LOGINS, address)
        self.limiter.check(by_name, by_address)
        found = self.users.by_claim(claim) if claim else None
        known = found if found and found.can_log_in else None
        asked: tuple[Claim | None, User | None] = claim, known
        by_account = Count(FAILED_LOGINS_BY_ACCOUNT, f"{address} {known.id if known else name}")
        try:
            attempts = self.limiter.hit(by_name, by_account)
        except TooManyRequests as error:
            if error.limit != FAILED_LOGINS_BY_ACCOUNT.name:
                raise
            # Answered as an unknown name: a 429 would tell that two names belong to one account.
            attempts, asked = (), (None, None)
        with guess(self.limiter, attempts, by_address) as counted:
            user, identity = self.accounts.sign_in(*asked, password)
            if user is None and found is None and asked[0] and self.migration:
                user = self.migration.user_for(login, asked[0], password, client)
            if user is None:
                self.failures.record(known, client)
                raise InvalidCredentials
            first = FirstStep((Method.PASSWORD,), Login.PASSWORD, identity)
            return self.start(user, client, first, counted, answer=answer)

    def log_in_with_id_token(
        self, id_token: str, client: Client, invitation: str = "", answer: Answer | None = None
    ) -> tuple[User, Tokens]:
        """Trade a token of the identity provider for tokens of this service. The first visit creates the user.

        A newcomer may come with the token of an invitation, if the provider has verified the address of the invitation.
        The account is checked at the provider. ``answer`` is the answer to the second step, which is needed if the user
        has factors here and the provider has asked for no second factor. Raises NotFound if no provider issues tokens
        for this service; InvalidToken, MfaRequired, WrongCode, AlreadyUsed, TooManyRequests, RegistrationClosed,
        Invalid, Taken, Unavailable.
        """
        self.accounts.require_id_tokens()
        user, identity = self.authentication.user_for_id_token(id_token, recheck=True, invitation=invitation)
        return self.start(user, client, FirstStep(login=Login.FIREBASE, identity=identity), answer=answer)

    def become_guest(self, client: Client) -> Tokens:
        """Make a guest, and return tokens for it. A guest lives for a day at most, and becomes a user by registering.

        Raises RegistrationClosed, TooManyRequests, Unavailable.
        """
        self.registration.admit_guest()
        self.limiter.hit(Count(GUESTS, network(client)))
        now = self.clock()
        guest = User.new(now=now, username=None, email=None, role=Role.GUEST)
        event = client.event(EventType.GUEST_REGISTERED, guest.id, guest.actor, now)
        guest = self.users.add(replace(guest, expires_at=now + self.lifetimes.guest), events=[event])
        return self._start(guest, client, FirstStep())

    def renew(self, caller: Caller) -> Tokens:
        """Trade an access token that has not expired for a new access token, which expires no later than the session.

        The new token keeps the proof of identity of the old one, even if the session was stepped up meanwhile. Raises
        Forbidden for a caller without a session; InvalidToken, Unavailable.
        """
        session = caller.require_session()
        return self.tokens_for(self.require_current_sign_in(session, caller.stored_user), session, caller.proof)

    def refresh(self, value: str, client: Client) -> tuple[User, Tokens]:
        """Trade a refresh token for new tokens, and spend the refresh token.

        Within ten seconds a spent token yields the same successor, for browser tabs that refresh at the same time. Any
        other reuse means that the token was copied, and ends the session. The account is checked at the identity
        provider before the token is spent. Raises InvalidToken, Unavailable.
        """
        token = self.refresh_tokens.parse(value)
        now = self.clock()
        session, user = self._presented(token, now)

        def rotate(session: Session, user: User) -> Session:
            current = token.hash == session.current_hash
            if now < session.expires_at and not (current or session.in_grace_period(token.hash, now)):
                raise _TokenReused
            if not session.is_valid(user, now):
                raise InvalidToken
            if not current:
                return session
            successor = self.refresh_tokens.successors(token, session.generation)[0]
            return session.rotated(successor.hash, now, self.lifetimes.idle)

        try:
            session, user = self.sessions.update_with_user(session, user, rotate)
        except NotFound:
            raise InvalidToken from None
        except _TokenReused:
            if token.genuine:
                self._end(token.session_id, token.user_id, SYSTEM, client, "refresh-token-reused")
            raise InvalidToken from None
        successors = self.refresh_tokens.successors(token, session.generation - 1)
        successor = next((each for each in successors if each.hash == session.current_hash), None)
        if successor is None:
            raise InvalidToken
        return user, self.tokens_for(user, session, session.proof, successor)

    def list(self, user: User, cursor: str | None, limit: int) -> Page[Session]:
        """List your sessions that have not ended, the newest first."""
        now = self.clock()
        page = self.sessions.list_for_user(user.id, cursor, limit)
        return Page([session for session in page.items if session.is_valid(user, now)], page.next)

    def end(self, user: User, id: str, client: Client) -> None:
        """End one of your sessions. Raises NotFound, also for a session of another user."""
        session = self.sessions.get(id)
        if session is None or not session.is_valid(user, self.clock()):
            raise NotFound("You have no such session.")
        self._end(id, user.id, user.actor, client, "ended-by-owner")

    def list_for_user(self, by: Caller, user_id: str, cursor: str | None, limit: int) -> Page[Session]:
        """List the sessions of a user that have not ended, the newest first. ``by`` is an auditor or an admin.

        Raises Forbidden, InsufficientAuthentication, NotFound, InvalidCursor.
        """
        by.require_auditor()
        return self.list(require_visible(self.users.get(user_id)), cursor, limit)

    def end_for_user(self, by: Caller, user_id: str, id: str, client: Client) -> None:
        """End one session of a user, as an admin. Raises Forbidden, InsufficientAuthentication, NotFound."""
        by.require_admin()
        session = self.sessions.get(id)
        if session is None or session.user_id != user_id:
            raise NotFound("There is no such session.")
        self._end(id, user_id, by.user.actor, client, "ended-by-admin")

    def end_all_for_user(self, by: Caller, user_id: str, client: Client) -> None:
        """End every session of a user, as an admin. Sign-ins at the identity provider are revoked as well.

        Raises Forbidden, InsufficientAuthentication, NotFound, Unavailable.
        """
        by.require_admin()
        now = self.clock()
        ended = client.event(EventType.SESSIONS_ENDED, user_id, by.user.actor, now, reason="ended-by-admin")

        def change(stored: User) -> User:
            return require_visible(stored).without_sessions(now)

        self.accounts.end_sessions(user_id, change, always(ended))

    def log_out(self, caller: Caller, client: Client) -> None:
        """End the session of the token. Raises Forbidden for a caller without a session."""
        self._end(caller.require_session().id, caller.user.id, caller.user.actor, client, "logout")

    def log_out_everywhere(self, caller: Caller, client: Client, keep: Session | None = None) -> None:
        """End every session except ``keep``. Earlier sign-ins at the identity provider are revoked as well."""
        now, user, kept = self.clock(), caller.user, keep.id if keep else None
        ended = EventType.SESSIONS_ENDED
        event = client.event(ended, user.id, user.actor, now, caller.session_id, reason="logout-all")
        with caller_must_exist():
            self.accounts.end_sessions(user.id, lambda stored: stored.without_sessions(now, kept), always(event))
        self.accounts.wait_for_revocation()

    def _presented(self, token: RefreshToken, now: datetime) -> tuple[Session, User]:
        """Return the session and the user of a refresh token. Raises InvalidToken if there are none; Unavailable.

        The account is checked at the identity provider, unless the token will be refused anyway.
        """
        session, user = self.sessions.with_user(token.session_id, token.user_id)
        if session is None or user is None:
            raise InvalidToken
        usable = token.hash == session.current_hash or session.in_grace_period(token.hash, now)
        return session, self.require_current_sign_in(session, user) if usable and session.is_valid(user, now) else user

    def require_current_sign_in(self, session: Session, user: User) -> User:
        """Return the user after taking over the state of its account at the identity provider.

        Raises InvalidToken if the session must end; Unavailable.
        """
        try:
            user = self.accounts.sync_user(user)
            if session.is_revoked(user):
                raise InvalidToken
            return user
        except InvalidToken:
            self._end(session.id, user.id, SYSTEM, NO_CLIENT, "ended-at-provider")
            raise

    def _end(self, id: str, user_id: str, by: Actor, client: Client, reason: str) -> None:
        event = client.event(EventType.SESSION_ENDED, user_id, by, self.clock(), id, reason=reason)
        self.sessions.remove(id, events=[event])
