"""The ports of linked accounts, and the steps that several of their operations share."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from src.application.accounts.interface import Accounts
from src.application.accounts.steps import Change
from src.application.notices import Notices
from src.application.ports import RemoteAccounts
from src.application.registration import RegistrationPolicy
from src.domain.errors import Unavailable
from src.domain.users import PendingChange, ProviderLink, State, User
from src.domain.values import Role

_log = logging.getLogger("portero.accounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedBase(Accounts):
    """The ports of linked accounts: the store, and a provider with an account for every user who has a password."""

    remote: RemoteAccounts
    notices: Notices
    registration: RegistrationPolicy
    guest_lifetime: timedelta
    redeemable: timedelta = timedelta(0)
    """The time for which a custom token of a deleted user could make its account at the provider again."""
    mfa_roles: Collection[Role] = ()
    """The roles that need two factors, which a sign-in at the provider may not have."""

    def with_link(self, id: str, change: Change) -> Change:
        """Return ``change`` after this service has changed the account at the provider, which revokes sign-ins there.

        Sessions here stay, because the changed user knows of the revocation. Raises Unavailable.
        """
        account = self.remote.get(id)
        if account is None:  # it has just been deleted there, which the next check finds
            return change
        link = ProviderLink(account.valid_since, self.remote.project)
        return lambda user: replace(change(user), provider=link)

    def mirror_of(self, user: User) -> Mapping[str, Any]:
        """Return the custom claims that this service sets on the provider's account of a user.

        The account of a guest, or of a plain user without claims, needs none. No claims are set either for users who
        cannot log in, or who must prove more here than at the provider: users with factors, or with a role that
        requires two factors.
        """
        is_plain = user.role in (Role.GUEST, Role.USER) and not user.custom_claims
        if is_plain or not user.can_log_in or user.factors or user.role in self.mfa_roles:
            return {}
        return {**user.custom_claims, "role": user.role.value}

    def to_be_mirrored(self, user: User) -> User:
        """Return the user with the names of all claims that its account may have until the mirroring is finished."""
        return replace(user, mirrored_claims=tuple(sorted({*user.mirrored_claims, *self.mirror_of(user)})))

    def with_mirrored_names(self, user: User) -> User:
        """Return the user with the names of the claims that its account has once the mirroring is finished."""
        return replace(user, mirrored_claims=tuple(sorted(self.mirror_of(user))))

    def concerns_provider(self, user: User, changed: User) -> bool:
        """Return whether a change of a user, other than of the address, must also be made at the provider."""
        differs = changed.provider is not None and self.mirror_of(user) != self.mirror_of(changed)
        return differs or disables(user, changed)

    def require_project(self, user: User) -> None:
        """Raise Unavailable if the missing account of a user was last seen in another project of the provider.

        The settings may name the wrong project, so a missing account is no reason to delete the user.
        """
        if self.is_elsewhere(user):
            raise Unavailable

    def is_elsewhere(self, user: User) -> bool:
        """Return whether the missing account of a user was last seen in another project, and log that."""
        if not is_kept_by_provider(user) or user.provider is None or user.provider.project == self.remote.project:
            return False
        seen, here = user.provider.project or "an unknown project", self.remote.project
        _log.error("the user %s has no account in the project %s, but had one in %s", user.id, here, seen)
        return True


def is_kept_by_provider(user: User) -> bool:
    """Return whether the user exists only as long as the provider's account does.

    A user with a password in the store may have been made without the provider, and does not depend on an account
    there.
    """
    return user.provider is not None and user.password_hash is None


def disables(user: User, changed: User) -> bool:
    """Return whether a change disables a user with an account at the provider, whose sign-ins are then revoked."""
    ends_sessions = changed.session_epoch != user.session_epoch
    return ends_sessions and changed.disabled and not user.disabled and changed.provider is not None


def reserve_step(accounts: LinkedBase, change: Change, ticket: datetime) -> Change:
    """Return the first step of ``change``.

    If the identity provider must first accept a new address, the step only reserves the new names and sets the ticket.
    Otherwise, it applies the whole change, and sets the ticket if the provider must follow. The step raises Unavailable
    while an earlier change is being reconciled.
    """

    def reserve(user: User) -> User:
        changed = change(user)
        if changed.email == user.email and user.role is not Role.GUEST:
            if not accounts.concerns_provider(user, changed):
                return changed
            return accounts.to_be_mirrored(changed.marked(ticket))
        if user.pending:
            raise Unavailable("An earlier change is still being settled; try again in a minute.", 60)
        return replace(user, pending=PendingChange(ticket, tuple(changed.claims - user.claims)))

    return reserve


def finish_step(accounts: LinkedBase, change: Change, ticket: datetime) -> Change:
    """Return the last step of ``change``. The step raises Unavailable if another process has taken the ticket.

    The mark stays if the role or the claims have to be mirrored after it.
    """

    def finish(user: User) -> User:
        if user.ticket != ticket or user.state is not State.ACTIVE:
            raise Unavailable("The account was changed meanwhile; read it and try again.", 1)
        changed = change(user).settled()
        if accounts.mirror_of(user) == accounts.mirror_of(changed):
            return changed
        return accounts.to_be_mirrored(changed.marked(ticket))

    return finish
