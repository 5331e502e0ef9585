"""Change an account: claim a new name, change the address at the provider, store the name and free the old one."""

from collections.abc import Collection

from src.application.accounts.failures import after_failure, attempt
from src.application.accounts.linked.link import Link, finishing, reserving
from src.application.accounts.steps import Change, if_active, if_ticket
from src.domain.errors import Invalid, InvalidToken, NotFound, Taken, Unavailable
from src.domain.passwords import NewPassword
from src.domain.users import ProviderLink, User


def change_account(link: Link, id: str, change: Change, revisions: Collection[str] | None = None) -> User:
    """Apply ``change`` in the store and at the provider, or in neither. Raises as ``Accounts.change`` does."""
    ticket = link.clock()
    user = link.users.update(id, if_active(reserving(change, ticket)), revisions=revisions)
    if user.ticket != ticket:
        return user  # the address stays, so that the provider need not know
    try:
        account = link.remote.account(id)
        if account is None:
            link.require_project(user)
            raise NotFound
        link.remote.set_email(change(user))
    except (Taken, Invalid):
        attempt(link.users.update, id, if_ticket(ticket, User.settled))  # refused, so nothing happened there
        raise
    except NotFound as error:
        raise InvalidToken from error  # the account was deleted there; reconciliation removes the user
    except Unavailable:
        attempt(link.remote.set_email, user)
        attempt(link.users.update, id, link.marked)
        raise
    with after_failure(link.users.update, id, link.marked):
        # The change hides what was revoked at the provider before.
        before = ProviderLink(account.valid_since, link.remote.project)
        revoking = link.with_link(id, lambda stored: change(stored.with_provider(before)))
        return link.users.update(id, finishing(revoking, ticket))


def require_account(link: Link, id: str) -> None:
    """Raise NotFound for a user without an account at the provider; Unavailable."""
    if link.remote.account(id) is None:
        if stored := link.users.get(id):
            link.require_project(stored)
        raise NotFound("This user has no account at the identity provider.")


def finish_password_change(
    link: Link, user: User, password: NewPassword, *, remove_other_sign_ins: bool = False
) -> None:
    """Set the password at the provider, after the sessions of the user have ended here."""
    link.remote.set_password(user, password.text, remove_other_sign_ins=remove_other_sign_ins)

    def end_sessions(stored: User) -> User:
        return stored.without_sessions(link.clock(), user.kept_session)

    # Again, because the old password could still start sessions until a moment ago.
    change_account(link, user.id, link.with_link(user.id, end_sessions))
    link.remote.wait_for_revocation()
