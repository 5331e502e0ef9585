"""The steps that the operations on accounts share."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from src.application.accounts.failures import attempt
from src.application.accounts.transitions import Change, if_ticket, released
from src.application.audit import Audit, AuditEvent
from src.application.ports import Clock, IdentityProvider
from src.domain.errors import LastAdmin, NotFound, Stale, Taken, Unavailable
from src.domain.users import Claim, State, User, UserRepository
from src.domain.values import Email, Role

_log = logging.getLogger("portero.accounts")


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

        A user stays if it has changed since ``user`` was read, if it is the last admin, or if it was made without the
        provider. Raises Unavailable for an account of another project.
        """
        if user.state is not State.ACTIVE or user.reconcile_since or not _is_kept_by_provider(user):
            return False
        self._require_project(user)
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
        if holder is None or self.identity.account(holder.id) is not None or self._is_elsewhere(holder):
            return False
        return self.forget(holder)

    def _require_project(self, user: User) -> None:
        """Raise Unavailable if the missing account of a user was last seen in another project of the provider.

        The settings may name the wrong project, so a missing account is no reason to delete the user.
        """
        if self._is_elsewhere(user):
            raise Unavailable

    def _is_elsewhere(self, user: User) -> bool:
        """Return whether the missing account of a user was last seen in another project, and log that."""
        if not _is_kept_by_provider(user) or user.provider_project == self.identity.project:
            return False
        seen, here = user.provider_project or "an unknown project", self.identity.project
        _log.error("the user %s has no account in the project %s, but had one in %s", user.id, here, seen)
        return True

    def _changed_there(self, id: str, change: Change) -> Change:
        """Return ``change`` after this service has changed the account at the provider, which revokes sign-ins there.

        Sessions here stay, because the changed user knows of the revocation. Raises Unavailable.
        """
        account = self.identity.account(id)
        if account is None:  # it has just been deleted there, which the next check finds
            return change

        def changed(user: User) -> User:
            project = self.identity.project
            return replace(change(user), provider_valid_since=account.valid_since, provider_project=project)

        return changed

    def _restore(self, user: User) -> None:
        """Make the account at the provider match the stored user. A guest of this service has no account there."""
        if user.role is Role.GUEST:
            if user.provider_valid_since is None:
                self.identity.delete(user.id)
            self._release(user)
            return
        addresses = [user.email, *(Email(claim.key) for claim in user.reserved if claim.kind == "email"), None]
        try:
            for email in addresses:
                restored = user.with_email(email, verified=user.email_verified and email == user.email)
                with suppress(Taken):  # another account of the provider has the address by now: try the next one
                    self.identity.set_email(restored)
                    break
        except NotFound:
            if not _is_kept_by_provider(user):
                self._release(user)
                return
            self._require_project(user)
            # The user was active until now, and its requests may still be writing: reconcile once more.
            self._remove_owned(self.users.update(user.id, self._marked_tombstone))
            return

        def restore(stored: User) -> User:
            if stored.reconcile_since != user.reconcile_since:
                return self._marked(stored)  # changed meanwhile, and the provider may have lost that address
            return released(stored.with_email(restored.email, verified=restored.email_verified))

        self.users.update(user.id, self._changed_there(user.id, restore))

    def _release(self, user: User) -> None:
        self.users.update(user.id, if_ticket(user.reconcile_since, released))

    def _remove_owned(self, user: User) -> None:
        for remove in self.owned:
            remove(user.id)

    def _marked(self, user: User) -> User:
        return replace(user, reconcile_since=self.clock())

    def _marked_tombstone(self, user: User) -> User:
        return self._marked(user.tombstone(self.clock()))


def _is_kept_by_provider(user: User) -> bool:
    """Return whether a user is gone if the provider does not know it, because it has had an account there.

    A user with a password in the store may have been made without the provider.
    """
    return user.provider_valid_since is not None and user.password_hash is None
