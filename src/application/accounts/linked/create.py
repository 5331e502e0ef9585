"""Create an account: store the user as pending, create the account at the provider, store the user as active.

A guest who registers gets an account between two commits.
"""

from dataclasses import replace
from datetime import datetime

from src.application.accounts.failures import after_failure, attempt
from src.application.accounts.linked.delete import free_address
from src.application.accounts.linked.link import Link, finishing, reserving
from src.application.accounts.linked.reconcile import restore
from src.application.accounts.steps import Change
from src.domain.errors import Taken, Unavailable
from src.domain.passwords import NewPassword
from src.domain.receipts import IdempotentCreate
from src.domain.users import PendingChange, State, User
from src.domain.values import Role


def create(
    link: Link, user: User, password: NewPassword | None, idempotent: IdempotentCreate[User] | None = None
) -> User:
    """Create a user in the store and at the provider, or in neither. Raises as ``Accounts.create`` does."""
    try:
        _add_pending(link, user)
    except Unavailable:
        attempt(_undo_creation, link, user.id)  # the commit may have landed
        raise
    # The caller is told that it failed, so it must have failed, even if the last commit landed.
    with after_failure(_undo_creation, link, user.id):
        link.remote.create(user, password.text if password else None)
        return link.users.update(user.id, link.with_link(user.id, activated), idempotent=idempotent)


def upgrade(link: Link, id: str, promote: Change, password: NewPassword) -> User:
    """Give a guest an account at the provider, and make it a user here. Raises as ``Accounts.upgrade`` does."""
    ticket = link.clock()
    guest = link.users.update(id, reserving(promote, ticket))
    with after_failure(_undo_upgrade, link, id, ticket):
        link.remote.create(promote(guest), password.text)
        user = link.users.update(id, finishing(link.with_link(id, promote), ticket))
    if guest.provider:
        link.remote.wait_for_revocation()
    return user


def activated(user: User) -> User:
    """Return the user after the last step of its creation. Raises Unavailable when the creation was undone."""
    if user.state is not State.PENDING:
        raise Unavailable("The registration took too long and was undone; try again.", 1)
    return replace(user, state=State.ACTIVE).settled()


def _add_pending(link: Link, user: User) -> None:
    pending = replace(user, state=State.PENDING, pending=PendingChange(link.clock()))
    try:
        link.users.add(pending)
    except Taken as taken:
        if "email" not in taken.fields or not free_address(link, user.email):
            raise
        link.users.add(pending)


def _undo_creation(link: Link, id: str) -> None:
    link.users.update(id, link.buried)
    link.remote.delete(id)  # only now: a user that stays stored must keep the account


def _undo_upgrade(link: Link, id: str, ticket: datetime) -> None:
    mine = link.clock()

    def take_over(user: User) -> User:
        return user.marked(mine) if user.role is Role.GUEST and user.ticket == ticket else user

    # A write first: if the last commit landed after all, the user stays, and so must the account.
    user = link.users.update(id, take_over)
    if user.ticket == mine:
        restore(link, user)
