"""Keep users in line with their accounts at the identity provider, which can change there without this service."""

from dataclasses import dataclass, replace
from datetime import timedelta

from src.application.accounts.saga import AccountSaga
from src.application.accounts.transitions import following
from src.application.audit import Audit, AuditEvent
from src.application.caller import caller_must_exist
from src.application.outbox import Notices
from src.application.ports import Clock, ExternalIdentity, IdentityProvider, ProviderAccount
from src.domain.errors import InvalidToken, NotFound, Stale, Taken
from src.domain.sessions import Client, Session
from src.domain.users import User, UserRepository
from src.domain.values import Role, Username


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMirror:
    """Asks the identity provider for accounts, and changes the users here to match them.

    A user is never changed by what was read before another change of the same user. A new address that is taken over is
    told to the old one, as after a change in this service.
    """

    users: UserRepository
    saga: AccountSaga
    identity: IdentityProvider
    guest_lifetime: timedelta
    notices: Notices
    audit: Audit
    clock: Clock

    def visit(self, identity: ExternalIdentity) -> User:
        """Return the user of a token of the provider, in line with the account. The first visit creates the user.

        An anonymous account makes a guest. All sessions of a user whose account is disabled end. Raises InvalidToken if
        the account is deleted or disabled, or if its user cannot log in; Taken on a first visit with the address of
        another user; Unavailable.
        """
        user = self.users.get(identity.uid)
        if user and not user.can_log_in:
            raise InvalidToken
        account = self.identity.account(identity.uid)
        if account is None and user:
            self.saga.forget(user)
        if account and user:
            self._require_enabled(user, account)
            return self._follow(user, account)
        if account is None or account.disabled:
            raise InvalidToken
        return self._first_visit(identity.uid, account)

    def check_session(self, session: Session, user: User) -> User:
        """Return the user of a session, in line with the account at the provider.

        Raises InvalidToken if the session must end; Unavailable.
        """
        user = self.check(user)
        if self.identity.remote and session.is_revoked(user):
            raise InvalidToken
        return user

    def check(self, user: User, *, one_factor: bool = False) -> User:
        """Return a user in line with the account at the provider.

        A deleted account deletes the user, and a disabled one ends all sessions. Raises InvalidToken for both, and with
        ``one_factor`` for an account that asks for a second factor; Unavailable.
        """
        if not self.identity.remote or (user.role is Role.GUEST and user.provider_valid_since is None):
            return user
        account = self.identity.account(user.id)
        if account is None:
            self.saga.forget(user)
            raise InvalidToken
        self._require_enabled(user, account)
        if one_factor and account.has_second_factor:
            raise InvalidToken("This account has a second factor, which a mail does not replace; log in at Firebase.")
        return self._follow(user, account)

    def _require_enabled(self, user: User, account: ProviderAccount) -> None:
        """End all sessions of a user whose account is disabled, and raise InvalidToken."""
        if not account.disabled:
            return
        now = self.clock()
        with caller_must_exist():
            self.users.update(user.id, lambda stored: stored.without_sessions(now))
        self.audit(AuditEvent.SESSIONS_ENDED, {"user_id": user.id, "reason": "disabled-at-provider"})
        raise InvalidToken

    def _first_visit(self, uid: str, account: ProviderAccount) -> User:
        now = self.clock()
        user = User.new(now=now, id=uid, username=None if account.anonymous else Username.random())
        user = replace(
            user,
            email=account.email,
            email_verified=account.email_verified and account.email is not None,
            name=account.name,
            role=Role.GUEST if account.anonymous else Role.USER,
            expires_at=now + self.guest_lifetime if account.anonymous else None,
            provider_valid_since=account.valid_since,
            provider_project=self.identity.project,
        )
        try:
            return self.users.add(user)
        except Taken:
            # Of two first visits at once the other one may have made the user.
            if existing := self.users.get(uid):
                return existing
            if not self.saga.free_address(account.email):
                raise
            return self.users.add(user)

    def _follow(self, user: User, account: ProviderAccount) -> User:
        try:
            return self._update(user, account)
        except Taken:
            if self.saga.free_address(account.email):
                return self._update(user, account)
        # The user keeps the address that it has here.
        self.audit(AuditEvent.ADDRESS_TAKEN, {"user_id": user.id})
        return self._update(user, replace(account, email=user.email, email_verified=user.email_verified))

    def _update(self, user: User, account: ProviderAccount) -> User:
        follow = following(account, self.identity.project, Username.random(), self.clock())
        if follow(user) == user:
            return user
        try:
            changed = self.users.update(user.id, follow, revisions=[user.revision])
        except NotFound:
            raise InvalidToken from None
        except Stale:  # the next check compares again
            if current := self.users.get(user.id):
                return current
            raise InvalidToken from None
        self.notices.address_changed(user, changed, Client())
        return changed
