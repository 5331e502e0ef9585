"""The steps that the operations on accounts share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from src.application.accounts.failures import attempt
from src.application.accounts.transitions import Change
from src.application.audit import Audit, AuditEvent
from src.application.ports import Clock, IdentityProvider
from src.domain.errors import LastAdmin, NotFound, Stale
from src.domain.users import Claim, State, User, UserRepository
from src.domain.values import Email


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSteps:
    """Changes of users that follow a change of the account at the identity provider."""

    users: UserRepository
    identity: IdentityProvider
    owned: Sequence[Callable[[str], None]]
    """Functions that take the id of a user and remove one kind of object that the user owns. Each can be repeated."""
    audit: Audit
    clock: Clock

    def forget(self, user: User) -> bool:
        """Delete a user whose account at the provider is gone. Return whether this call has deleted the user.

        A user stays if it has changed since ``user`` was read, or if it is the last admin. A user with a password in
        the store stays too: it was made without the provider, and never had an account there.
        """
        if user.state is not State.ACTIVE or user.reconcile_since or user.password_hash:
            return False
        try:
            deleted = self.users.update(user.id, self._marked_tombstone, revisions=[user.revision])
        except (NotFound, Stale, LastAdmin):
            return False
        self.audit(AuditEvent.USER_DELETED, {"user_id": user.id, "by": None})
        attempt(self._remove_owned, deleted)
        return True

    def free_address(self, email: Email | None) -> bool:
        """Delete the user who has an address, if its account at the provider is gone. Return whether it was deleted."""
        holder = self.users.by_claim(Claim("email", email.key)) if email else None
        return holder is not None and self.identity.account(holder.id) is None and self.forget(holder)

    def _changed_there(self, id: str, change: Change) -> Change:
        """Return ``change`` after this service has changed the account at the provider, which revokes sign-ins there.

        Sessions here stay, because the changed user knows of the revocation. Raises Unavailable.
        """
        account = self.identity.account(id)
        return lambda user: replace(change(user), provider_valid_since=account.valid_since if account else None)

    def _remove_owned(self, user: User) -> None:
        for remove in self.owned:
            remove(user.id)

    def _marked(self, user: User) -> User:
        return replace(user, reconcile_since=self.clock())

    def _marked_tombstone(self, user: User) -> User:
        return self._marked(user.tombstone(self.clock()))
