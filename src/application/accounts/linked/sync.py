"""Keep users in line with their accounts at the identity provider, which can change there without this service."""

from dataclasses import replace
from datetime import datetime

from src.application.accounts.changes import changes
from src.application.accounts.linked.base import LinkedBase
from src.application.accounts.linked.delete import delete_if_gone_at_provider, free_address
from src.application.accounts.steps import Change
from src.application.caller import caller_must_exist
from src.application.ports import ExternalIdentity, ProviderAccount
from src.domain.errors import InvalidToken, NotFound, RegistrationClosed, Stale, Taken
from src.domain.events import SYSTEM, Event, EventType, always
from src.domain.sessions import NO_CLIENT
from src.domain.users import ProviderLink, State, User
from src.domain.values import Role, Username


def user_for_id_token(accounts: LinkedBase, identity: ExternalIdentity) -> User:
    """Return the user of a token of the provider. Raises as ``Accounts.user_for_id_token`` does."""
    user = accounts.users.get(identity.uid)
    if user and (not user.can_log_in or user.has_ended(identity.authenticated_at)):
        raise InvalidToken
    account = accounts.remote.account(identity.uid)
    if account is None and user:
        delete_if_gone_at_provider(accounts, user)
    if account and user:
        _require_enabled(accounts, user, account)
        return _synced(accounts, user, account)
    if account is None or account.disabled:
        raise InvalidToken
    return _first_visit(accounts, identity.uid, account)


def sync_user(accounts: LinkedBase, user: User, *, one_factor: bool = False) -> User:
    """Return a user in line with the account at the provider. Raises as ``Accounts.sync_user`` does.

    A user is never changed by what was read before another change of the same user. A new address that is taken over
    is told to the old one, as after a change in this service.
    """
    if user.role is Role.GUEST and user.provider is None:
        return user
    account = accounts.remote.account(user.id)
    if account is None:
        delete_if_gone_at_provider(accounts, user)
        raise InvalidToken
    _require_enabled(accounts, user, account)
    if one_factor and account.has_second_factor:
        raise InvalidToken("This account has a second factor, which a mail does not replace; log in with that factor.")
    return _synced(accounts, user, account)


def with_account(account: ProviderAccount, project: str, username: Username, now: datetime) -> Change:
    """Return the change that brings a user in line with ``account``.

    ``project`` is the project of the provider that the account is in. A guest whose account is no longer anonymous
    becomes a user named ``username``, and its guest sessions end. A user that is just being changed from here stays as
    it is.
    """

    def follow(user: User) -> User:
        if user.state is not State.ACTIVE or user.pending:
            return user
        changed = user.with_provider(ProviderLink(account.valid_since, project))
        if user.role is Role.GUEST and not account.anonymous:
            epoch = user.session_epoch + 1
            changed = replace(changed, role=Role.USER, username=username, expires_at=None, session_epoch=epoch)
        known = account.email is not None and user.email is not None and account.email.key == user.email.key
        email = user.email if known else account.email
        verified = email is not None and (account.email_verified or (known and user.email_verified))
        changed = changed.with_email(email, verified=verified)
        visible = replace(changed, provider=user.provider)
        return changed if visible == user else replace(changed, updated_at=now)

    return follow


def permitted(accounts: LinkedBase, user: User, account: ProviderAccount) -> ProviderAccount:
    """Return what a user may take over of ``account``.

    A guest who may not register stays a guest, as if the account were still anonymous. A user keeps the address if the
    new one is not allowed, and a user with factors always does: a change at the provider needs none of them.
    """
    kept = replace(account, email=user.email, email_verified=user.email_verified)
    if user.factors and (account.email is None or user.email is None or account.email.key != user.email.key):
        return kept
    try:
        if user.role is not Role.GUEST:
            accounts.registration.admit_address(user, account.email)
        elif not account.anonymous:
            accounts.registration.admit(account.email)
    except RegistrationClosed:
        return replace(kept, anonymous=user.role is Role.GUEST)
    return account


def _require_enabled(accounts: LinkedBase, user: User, account: ProviderAccount) -> None:
    """End all sessions of a user whose account is disabled, and raise InvalidToken."""
    if not account.disabled:
        return
    now = accounts.clock()
    event = NO_CLIENT.event(EventType.SESSIONS_ENDED, user.id, SYSTEM, now, reason="disabled-at-provider")
    with caller_must_exist():
        accounts.users.update(user.id, lambda stored: stored.without_sessions(now), events=always(event))
    raise InvalidToken


def _first_visit(accounts: LinkedBase, uid: str, account: ProviderAccount) -> User:
    if account.anonymous:
        accounts.registration.admit_guest()
    else:
        accounts.registration.admit(account.email)
    now = accounts.clock()
    user = User.new(now=now, id=uid, username=None if account.anonymous else Username.random())
    user = replace(
        user,
        email=account.email,
        email_verified=account.email_verified and account.email is not None,
        name=account.name,
        role=Role.GUEST if account.anonymous else Role.USER,
        expires_at=now + accounts.guest_lifetime if account.anonymous else None,
        provider=ProviderLink(account.valid_since, accounts.remote.project),
    )
    type = EventType.GUEST_REGISTERED if account.anonymous else EventType.USER_REGISTERED
    event = NO_CLIENT.event(type, uid, user.actor, now)
    try:
        return accounts.users.add(user, events=[event])
    except Taken:
        # Of two first visits at once the other one may have made the user.
        if existing := accounts.users.get(uid):
            return existing
        if not free_address(accounts, account.email):
            raise
        return accounts.users.add(user, events=[event])


def _synced(accounts: LinkedBase, user: User, account: ProviderAccount) -> User:
    account = permitted(accounts, user, account)
    try:
        return _update(accounts, user, account)
    except Taken:
        if free_address(accounts, account.email):
            return _update(accounts, user, account)
    # The user keeps the address that it has here.
    event = NO_CLIENT.event(EventType.ADDRESS_TAKEN, user.id, SYSTEM, accounts.clock())
    kept = replace(account, email=user.email, email_verified=user.email_verified)
    return _update(accounts, user, kept, event)


def _update(accounts: LinkedBase, user: User, account: ProviderAccount, *events: Event) -> User:
    now = accounts.clock()
    changed_there = changes(NO_CLIENT, SYSTEM, now)
    follow = with_account(account, accounts.remote.project, Username.random(), now)
    if follow(user) == user:
        return user
    try:
        changed = accounts.users.update(
            user.id, follow, revisions=[user.revision], events=lambda *states: [*events, *changed_there(*states)]
        )
    except NotFound:
        raise InvalidToken from None
    except Stale:  # the next check compares again
        if current := accounts.users.get(user.id):
            return current
        raise InvalidToken from None
    accounts.notices.address_changed(user, changed, NO_CLIENT)
    return changed
