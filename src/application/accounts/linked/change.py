"""Change an account: claim a new name, change the address at the provider, store the name and free the old one."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from src.application.accounts.changes import changes
from src.application.accounts.failures import after_failure, attempt
from src.application.accounts.linked.base import LinkedBase, disables, finish_step, reserve_step
from src.application.accounts.linked.mirror import finish_mirror, mirror
from src.application.accounts.steps import Change, if_active, if_ticket
from src.application.ports import ProviderAccount
from src.domain.errors import Invalid, NotFound, Taken, Unavailable
from src.domain.events import NO_EVENTS, SYSTEM, Event, Recorded
from src.domain.passwords import NewPassword
from src.domain.sessions import NO_CLIENT
from src.domain.users import ProviderLink, User


def change_account(
    accounts: LinkedBase,
    id: str,
    change: Change,
    revisions: Collection[str] | None = None,
    events: Recorded[User] = NO_EVENTS,
) -> User:
    """Apply ``change`` in the store and at the provider, or in neither. Raises as ``Accounts.change`` does."""
    ticket = accounts.clock()
    reserve = reserve_step(accounts, change, ticket)
    begun: list[User] = []

    def begin(stored: User) -> User:
        begun[:] = [stored]
        return reserve(stored)

    def events_of_whole_change(before: User, after: User) -> Sequence[Event]:
        return () if after.ticket == ticket and not accounts.concerns_provider(before, after) else events(before, after)

    user = accounts.users.update(id, if_active(begin), revisions=revisions, events=events_of_whole_change)
    if user.ticket != ticket:
        return user  # the address stays, so that the provider need not know
    if disables(begun[0], user):
        return revoke_sign_ins(accounts, user)
    if accounts.concerns_provider(begun[0], user):
        return finish_mirror(accounts, user)
    try:
        note_revocation(accounts, user, require_account(accounts, id))  # without one, reconciliation looks at the user
        accounts.remote.set_email(change(user))
    except (Taken, Invalid):
        attempt(accounts.users.update, id, if_ticket(ticket, User.settled))  # refused, so nothing happened there
        raise
    except Unavailable:
        attempt(accounts.remote.set_email, user)
        attempt(accounts.users.update, id, accounts.marked)
        raise
    with after_failure(accounts.users.update, id, accounts.marked):
        finish = finish_step(accounts, accounts.with_link(id, change), ticket)
        changed = accounts.users.update(id, finish, events=events)
    return finish_mirror(accounts, changed) if changed.pending else changed


def end_sessions_with(accounts: LinkedBase, change: Change, commit: Callable[[Change], User]) -> User:
    """Commit a change that ends all sessions, and revoke sign-ins. Raises as ``Accounts.end_sessions_with`` does."""
    ticket = accounts.clock()

    def begin(stored: User) -> User:
        changed = change(stored)
        return accounts.to_be_mirrored(changed.marked(ticket)) if changed.provider else changed

    user = commit(if_active(begin))
    return revoke_sign_ins(accounts, user) if user.ticket == ticket else user


def revoke_sign_ins(accounts: LinkedBase, user: User) -> User:
    """Revoke the sign-ins of a marked user whose sessions have just ended here. Return the settled user.

    If the provider does not answer, or an earlier change of the user is not settled yet, the mark stays.
    """
    valid_since = next_sign_in(user)
    mirrored = not user.mirrored_claims or attempt(mirror, accounts, user)
    revoked = attempt(_revoke, accounts, user, valid_since)
    if not (mirrored and revoked) or not user.pending or user.pending.reserved:
        return user
    link = ProviderLink(valid_since, accounts.remote.project)

    def settle(stored: User) -> User:
        return accounts.with_mirrored_names(replace(stored.settled(), provider=link))

    with suppress(NotFound, Unavailable):
        return accounts.users.update(user.id, if_ticket(user.ticket, settle))
    return user


def _revoke(accounts: LinkedBase, user: User, valid_since: datetime) -> None:
    if account := accounts.remote.get(user.id):
        note_revocation(accounts, user, account)
    accounts.remote.revoke(user.id, valid_since)


def note_revocation(accounts: LinkedBase, user: User, account: ProviderAccount) -> None:
    """End the keys of a user, and the sessions from before, if the provider has revoked sign-ins without this service.

    A password may have been reset there. Call it before this service changes the account, because that revokes sign-ins
    too, and hides the earlier revocation from the next check. Raises NotFound, Unavailable.
    """
    link, now = ProviderLink(account.valid_since, accounts.remote.project), accounts.clock()

    def note(stored: User) -> User:
        if stored.provider is None or link.valid_since <= stored.provider.valid_since:
            return stored
        if stored.pending and stored.sessions_ended_at and link.valid_since == next_sign_in(stored):
            return stored  # this service has revoked them, and has not stored that yet
        return stored.with_provider(link)

    if note(user) != user:
        accounts.users.update(user.id, note, events=changes(NO_CLIENT, SYSTEM, now))


def next_sign_in(user: User) -> datetime:
    """Return the earliest time of a sign-in that is valid after the last end of all sessions of a user.

    The time is a whole second, because the provider dates sign-ins in whole seconds.
    """
    assert user.sessions_ended_at
    return user.sessions_ended_at.replace(microsecond=0) + timedelta(seconds=1)


def require_account(accounts: LinkedBase, id: str) -> ProviderAccount:
    """Return the account of a user at the provider. Raises NotFound if there is none, and Unavailable."""
    if account := accounts.remote.get(id):
        return account
    if stored := accounts.users.get(id):
        accounts.require_project(stored)
    raise NotFound("This user has no account at the identity provider.")


def finish_password_change(
    accounts: LinkedBase,
    user: User,
    password: NewPassword,
    *,
    remove_other_sign_ins: bool = False,
    remove_second_factors: bool = False,
) -> None:
    """Set the password at the provider, after the sessions of the user have ended here."""
    accounts.remote.set_password(
        user,
        password.text,
        remove_other_sign_ins=remove_other_sign_ins,
        remove_second_factors=remove_second_factors,
    )

    def end_sessions(stored: User) -> User:
        return stored.without_sessions(accounts.clock(), user.kept_session)

    # Again, because the old password could still start sessions until a moment ago.
    change_account(accounts, user.id, accounts.with_link(user.id, end_sessions))
    accounts.remote.wait_for_revocation()
