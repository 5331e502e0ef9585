"""Delete an account: store the user as deleting, delete the account at the provider, free the names.

The objects of a user are removed after its names are free. Reconciliation removes them once more, because by then no
request that began before the deletion can still be writing.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from src.application.accounts.failures import after_failure, attempt
from src.application.accounts.linked.base import LinkedBase, is_kept_by_provider
from src.application.accounts.steps import if_active, if_ticket
from src.domain.errors import LastAdmin, NotFound, Stale
from src.domain.events import SYSTEM, Event, EventType, always
from src.domain.sessions import NO_CLIENT
from src.domain.users import Claim, State, User
from src.domain.values import Email


def delete(
    accounts: LinkedBase, id: str, revisions: Collection[str] | None = None, events: Sequence[Event] = ()
) -> None:
    """Delete a user in the store and at the provider, or in neither. Raises as ``Accounts.delete`` does."""
    ticket = accounts.clock()
    deleting = if_active(lambda user: replace(user.marked(ticket), state=State.DELETING))
    accounts.users.update(id, deleting, revisions=revisions)
    undo = if_ticket(ticket, lambda user: replace(user, state=State.ACTIVE))
    # It may have happened all the same: reconciliation asks the provider when it answers again.
    with after_failure(accounts.users.update, id, undo):
        accounts.remote.delete(id)
    attempt(accounts.remove_owned, accounts.users.update(id, accounts.buried, events=always(*events)))


def delete_if_gone_at_provider(accounts: LinkedBase, user: User) -> bool:
    """Delete a user whose account at the provider is gone. Return whether this call has deleted the user.

    A user stays if it has changed since ``user`` was read, if it is the last admin, or if it was made without the
    provider. Raises Unavailable for an account of another project.
    """
    if user.state is not State.ACTIVE or user.pending or not is_kept_by_provider(user):
        return False
    accounts.require_project(user)
    event = NO_CLIENT.event(EventType.USER_DELETED, user.id, SYSTEM, accounts.clock())
    try:
        deleted = accounts.users.update(user.id, accounts.buried, revisions=[user.revision], events=always(event))
    except (NotFound, Stale, LastAdmin):
        return False
    attempt(accounts.remove_owned, deleted)
    return True


def free_address(accounts: LinkedBase, email: Email | None) -> bool:
    """Delete the user who has an address, if its account at the provider is gone. Return whether it was deleted."""
    holder = accounts.users.by_claim(Claim("email", email.key)) if email else None
    if holder is None or accounts.remote.get(holder.id) is not None or accounts.is_elsewhere(holder):
        return False
    return delete_if_gone_at_provider(accounts, holder)
