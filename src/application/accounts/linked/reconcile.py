"""Reconcile: undo the creations and changes that crashes and outages interrupted, and finish the deletions.

The first step of every operation marks the user (``User.pending``), and the last step clears the mark. The time of the
mark is also the ticket of the process that works on the user: reconciliation takes a new ticket, and a slow request
that finds another ticket gives up. A call to the provider that got no answer may take effect later, so that the user
stays marked and is reconciled again.
"""

from contextlib import suppress
from dataclasses import replace

from src.application.accounts.linked.base import LinkedBase, is_kept_by_provider
from src.application.accounts.linked.change import next_sign_in, note_revocation
from src.application.accounts.linked.mirror import mirror
from src.application.accounts.linked.sync import permitted, with_account
from src.application.accounts.removal import deletion
from src.application.accounts.steps import if_ticket
from src.domain.errors import NotFound, Taken
from src.domain.events import SYSTEM, EventType, always
from src.domain.sessions import NO_CLIENT
from src.domain.users import State, User
from src.domain.values import Email, Role


def reconcile(accounts: LinkedBase, listed: User) -> None:
    """Finish or undo the unfinished operation on a user. Raises Stale, Unavailable."""
    # Of several processes that reconcile at once, one gets past this; the others get Stale.
    user = accounts.users.update(listed.id, accounts.marked, revisions=[listed.revision])
    if user.state is State.PENDING:
        # Its names are free before the provider is asked. If it was finished after all, it stays.
        user = accounts.users.update(user.id, if_ticket(user.ticket, accounts.buried))
    if user.state is State.ACTIVE:
        restore(accounts, user)
        return
    accounts.remote.delete(user.id)
    if accounts.redeemable and user.state is State.DELETING:
        user = accounts.users.update(user.id, accounts.buried, events=deletion)
    if accounts.clock() - user.updated_at >= accounts.redeemable:
        accounts.finish_deletion(user)


def restore(accounts: LinkedBase, user: User) -> None:
    """Make the account at the provider match the stored user. A guest of this service has no account there."""
    if user.role is Role.GUEST:
        if user.provider is None:
            accounts.remote.delete(user.id)
        _release(accounts, user)
        return
    reserved = user.pending.reserved if user.pending else ()
    account = None if reserved else accounts.remote.get(user.id)
    if account:  # with reserved names, this service may have set the address, which revokes sign-ins
        note_revocation(accounts, user, account)
    addresses = [user.email, *(Email(claim.key) for claim in reserved if claim.kind == "email"), None]
    try:
        for email in addresses:
            restored = user.with_email(email, verified=user.email_verified and email == user.email)
            with suppress(Taken):  # another account of the provider has the address by now: try the next one
                accounts.remote.set_email(restored)
                break
    except NotFound:
        if not is_kept_by_provider(user):
            _release(accounts, user)
            return
        accounts.require_project(user)
        # The user was active until now, and its requests may still be writing: reconcile once more.
        event = NO_CLIENT.event(EventType.USER_DELETED, user.id, SYSTEM, accounts.clock())
        accounts.remove_owned(accounts.users.update(user.id, accounts.buried, events=always(event)))
        return

    account = accounts.remote.get(user.id)
    if account and user.sessions_ended_at and account.valid_since < next_sign_in(user):
        accounts.remote.revoke(user.id, next_sign_in(user))

    if user.mirrored_claims or accounts.mirror_of(user):
        mirror(accounts, user)

    def settle(stored: User) -> User:
        if stored.ticket != user.ticket:
            return accounts.marked(stored)  # changed meanwhile, and the provider may have lost that address
        settled = stored.with_email(restored.email, verified=restored.email_verified).settled()
        return accounts.with_mirrored_names(settled)

    accounts.users.update(user.id, accounts.with_link(user.id, settle))


def purge(accounts: LinkedBase, guest: User) -> None:
    """Remove an expired guest, unless its account at the provider has been upgraded. Raises NotFound, Unavailable."""
    account = accounts.remote.get(guest.id) if guest.provider else None
    if account:
        account, admission = permitted(accounts, guest, account)
    if account and not account.anonymous:  # it was upgraded, and has not come back yet
        named = replace(account, email=None)  # the next visit takes over the address, if it is free
        follow = with_account(named, admission, accounts.remote.project, accounts.clock())
        accounts.users.update(guest.id, follow)
        return
    if account is None and guest.provider and guest.provider.project is not None:
        accounts.require_project(guest)  # it may have been upgraded in the other project
    accounts.remove_guest(guest)


def _release(accounts: LinkedBase, user: User) -> None:
    accounts.users.update(user.id, if_ticket(user.ticket, User.settled))
