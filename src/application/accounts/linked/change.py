"""Change an account: claim a new name, change the address at the provider, store the name and free the old one."""

from collections.abc import Collection

from src.application.accounts.failures import after_failure, attempt
from src.application.accounts.linked.base import LinkedBase, finishing, reserving
from src.application.accounts.steps import Change, if_active, if_ticket
from src.domain.errors import Invalid, InvalidToken, NotFound, Taken, Unavailable
from src.domain.passwords import NewPassword
from src.domain.users import ProviderLink, User


def change_account(accounts: LinkedBase, id: str, change: Change, revisions: Collection[str] | None = None) -> User:
    """Apply ``change`` in the store and at the provider, or in neither. Raises as ``Accounts.change`` does."""
    ticket = accounts.clock()
    user = accounts.users.update(id, if_active(reserving(change, ticket)), revisions=revisions)
    if user.ticket != ticket:
        return user  # the address stays, so that the provider need not know
    try:
        account = accounts.remote.account(id)
        if account is None:
            accounts.require_project(user)
            raise NotFound
        accounts.remote.set_email(change(user))
    except (Taken, Invalid):
        attempt(accounts.users.update, id, if_ticket(ticket, User.settled))  # refused, so nothing happened there
        raise
    except NotFound as error:
        raise InvalidToken from error  # the account was deleted there; reconciliation removes the user
    except Unavailable:
        attempt(accounts.remote.set_email, user)
        attempt(accounts.users.update, id, accounts.marked)
        raise
    with after_failure(accounts.users.update, id, accounts.marked):
        # The change hides what was revoked at the provider before.
        before = ProviderLink(account.valid_since, accounts.remote.project)
        revoking = accounts.with_link(id, lambda stored: change(stored.with_provider(before)))
        return accounts.users.update(id, finishing(revoking, ticket))


def require_account(accounts: LinkedBase, id: str) -> None:
    """Raise NotFound for a user without an account at the provider; Unavailable."""
    if accounts.remote.account(id) is None:
        if stored := accounts.users.get(id):
            accounts.require_project(stored)
        raise NotFound("This user has no account at the identity provider.")


def finish_password_change(
    accounts: LinkedBase, user: User, password: NewPassword, *, remove_other_sign_ins: bool = False
) -> None:
    """Set the password at the provider, after the sessions of the user have ended here."""
    accounts.remote.set_password(user, password.text, remove_other_sign_ins=remove_other_sign_ins)

    def end_sessions(stored: User) -> User:
        return stored.without_sessions(accounts.clock(), user.kept_session)

    # Again, because the old password could still start sessions until a moment ago.
    change_account(accounts, user.id, accounts.with_link(user.id, end_sessions))
    accounts.remote.wait_for_revocation()
