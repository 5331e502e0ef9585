"""Mirror roles and claims to the custom claims of the provider's accounts, which its other services use in their rules.

A mirror decides nothing in this service. The commit of a change marks the user and remembers the names of the claims
that may be set from then on; the provider follows, and the last commit clears the mark. ``reconcile`` repeats failed
steps, and every visit compares the claims again.
"""

import logging
from collections.abc import Collection, Mapping
from typing import Any

from src.application.accounts.failures import attempt
from src.application.accounts.linked.base import LinkedBase
from src.application.ports import ProviderAccount
from src.domain.errors import NotFound
from src.domain.metadata import MAX_CLAIMS, json_size
from src.domain.users import User

_log = logging.getLogger("portero.accounts")


def mirror(accounts: LinkedBase, user: User) -> None:
    """Set the role and the claims of a user on the provider's account. Claims that other programs have set there stay.

    Raises Unavailable.
    """
    account = accounts.remote.get(user.id)
    if account is None:
        return
    ours = accounts.mirror_of(user)
    claims = with_mirror(account.custom_claims, user.mirrored_claims, ours)
    if not ours.items() <= claims.items():
        _log.error("the claims of the user %s do not fit beside others at the identity provider", user.id)
    if claims != account.custom_claims:
        accounts.remote.set_claims(user.id, claims)


def with_mirror(found: Mapping[str, Any], names: Collection[str], ours: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the claims of an account with ``ours`` in place of the claims called ``names``.

    If all of ``ours`` do not fit beside the claims of other programs, only the role is set, or nothing.
    """
    others = {name: value for name, value in found.items() if name not in names}
    role = {name: value for name, value in ours.items() if name == "role"}
    for each in (ours, role):
        if json_size({**others, **each}) <= MAX_CLAIMS:
            return {**others, **each}
    return others


def finish_mirror(accounts: LinkedBase, user: User) -> User:
    """Mirror a marked user, and clear the mark. If the provider does not answer, the mark stays. Return the user."""
    if not attempt(mirror, accounts, user) or not user.pending or user.pending.reserved:
        return user

    def settle(stored: User) -> User:
        if stored.ticket != user.ticket:
            return accounts.marked(stored)  # changed meanwhile, and the older change may have been mirrored last
        return accounts.with_mirrored_names(stored.settled())

    try:
        return accounts.users.update(user.id, settle)
    except NotFound:
        return user


def mirror_if_changed(accounts: LinkedBase, user: User, account: ProviderAccount) -> User:
    """Mirror a user unless the provider's account already has the role and the claims of the user. Return the user."""
    claims = with_mirror(account.custom_claims, user.mirrored_claims, accounts.mirror_of(user))
    if user.pending or claims == account.custom_claims:
        return user
    ticket = accounts.clock()
    try:
        marked = accounts.users.update(user.id, lambda stored: accounts.to_be_mirrored(stored.marked(ticket)))
    except NotFound:
        return user
    return finish_mirror(accounts, marked)
