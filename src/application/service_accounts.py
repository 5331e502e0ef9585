"""The service with which admins manage service accounts, and services trade their secrets for access tokens."""

from collections.abc import Collection
from dataclasses import dataclass

from src.application.accounts import Accounts
from src.application.accounts.failures import attempt
from src.application.caller import Caller
from src.application.ports import Clock, Tokens
from src.application.sessions import ClientAuthenticator, SessionService
from src.domain.errors import InvalidClient, NotFound, Stale, Taken
from src.domain.events import OPERATOR, Event, EventType, always
from src.domain.keys import SECRET_PREFIX, new_credential
from src.domain.receipts import IdempotentCreate
from src.domain.service_accounts import ServiceAccount, ServiceAccountRepository
from src.domain.sessions import NO_CLIENT, Client
from src.domain.users import State, User
from src.domain.values import Page, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccountService:
    """Makes, shows and removes service accounts. ``by`` is an admin, an auditor, or None for the operator."""

    service_accounts: ServiceAccountRepository
    accounts: Accounts
    clients: ClientAuthenticator
    sessions: SessionService
    clock: Clock

    def add(
        self,
        by: Caller | None,
        name: str,
        role: Role,
        client: Client,
        idempotent: IdempotentCreate[ServiceAccount] | None = None,
    ) -> tuple[ServiceAccount, str]:
        """Make a service account. Return it with its secret, which is shown this once.

        An admin with factors needs a proof with two factors of the last ten minutes. Raises Forbidden,
        InsufficientAuthentication, Repeated, Unavailable.
        """
        self._require_recent_admin(by)
        account, secret = ServiceAccount.new(name, role, self.clock())
        event = self._event(by, client, account.id, "added")
        receipt = idempotent.receipt_for(account) if idempotent else None
        return self.service_accounts.add(account, events=always(event), receipt=receipt), secret

    def add_exported(self, account: ServiceAccount) -> bool:
        """Store a service account that the operator has exported elsewhere. Its secrets work here from then on.

        Return False if the account is here already. Raises Taken if its id was in use here before, Unavailable.
        """
        event = self._event(None, NO_CLIENT, account.id, "added")
        try:
            self.service_accounts.add(account, events=always(event))
        except Taken:
            if self.service_accounts.get(account.id):
                return False
            raise
        return True

    def list(self, by: Caller | None, cursor: str | None, limit: int) -> Page[ServiceAccount]:
        """List the service accounts, the newest first. Raises Forbidden, InvalidCursor."""
        if by:
            by.require_auditor()
        return self.service_accounts.list(cursor, limit)

    def show(self, by: Caller | None, id: str) -> ServiceAccount:
        """Return a service account. Raises Forbidden, NotFound."""
        if by:
            by.require_auditor()
        if account := self.service_accounts.get(id):
            return account
        raise NotFound("There is no such service.")

    def remove(self, by: Caller | None, id: str, revisions: Collection[str] | None, client: Client) -> None:
        """Remove a service account and everything that belongs to it. Its tokens are refused from then on.

        With ``revisions``, the account is removed only if its stored revision is one of them. Raises Forbidden,
        InsufficientAuthentication, NotFound, Stale, Unavailable.
        """
        if by:
            by.require_admin()
        account = self.show(by, id)
        if revisions is not None and account.revision not in revisions:
            raise Stale

        def bury(user: User) -> User:
            if user.state is not State.SERVICE:
                raise NotFound("There is no such service.")
            return self.accounts.buried(user)

        event = self._event(by, client, id, "removed")
        revision = None if revisions is None else account.revision
        user = self.service_accounts.remove_with_user(id, revision, bury, events=always(event))
        attempt(self.accounts.remove_owned, user)

    def rotate_secret(
        self, by: Caller | None, id: str, client: Client, idempotent: IdempotentCreate[ServiceAccount] | None = None
    ) -> str:
        """Give a service account a new secret, and return the new secret. The old secret works for 24 hours more.

        An admin with factors must have proved two factors within the last ten minutes. Raises Forbidden,
        InsufficientAuthentication, NotFound, Repeated, Unavailable, and TooManyRequests while the maximum number of
        replaced secrets still works.
        """
        self._require_recent_admin(by)
        secret, now = new_credential(SECRET_PREFIX, self.show(by, id).id), self.clock()
        event = self._event(by, client, id, "secret-rotated")
        self.service_accounts.update(
            id, lambda stored: stored.with_secret(secret, now), idempotent=idempotent, events=always(event)
        )
        return secret

    def grant(self, id: str, secret: str, client: Client) -> Tokens:
        """Trade the secret of a service account for an access token (RFC 6749 section 4.4).

        Raises InvalidClient, TooManyRequests, Unavailable.
        """
        user = self.clients.authenticate(id, secret, client)
        if user is None:
            raise InvalidClient
        return self.sessions.start_for_service(user, client)

    def _require_recent_admin(self, by: Caller | None) -> None:
        if by:
            by.require_recent_admin(self.clock())

    def _event(self, by: Caller | None, client: Client, id: str, action: str) -> Event:
        actor, session_id = (by.user.actor, by.session_id) if by else (OPERATOR, None)
        changed = EventType.SERVICE_CHANGED
        return client.event(changed, None, actor, self.clock(), session_id, service_id=id, action=action)
