"""Keep users in line with their accounts at the identity provider, which can change there without this service."""

from dataclasses import replace
from datetime import datetime

from src.application.accounts.changes import changes, registered
from src.application.accounts.linked.base import LinkedBase
from src.application.accounts.linked.delete import delete_if_gone_at_provider, free_address
from src.application.accounts.linked.mirror import mirror_if_changed
from src.application.accounts.steps import Change
from src.application.caller import caller_must_exist
from src.application.ports import ExternalIdentity, ProviderAccount
from src.application.registration import Admission
from src.domain.errors import InvalidToken, NotFound, RegistrationClosed, Stale, Taken
from src.domain.events import SYSTEM, Event, EventType
from src.domain.sessions import NO_CLIENT
from src.domain.users import ProviderLink, State, User
from src.domain.values import Role, Username


def user_for_id_token(accounts: LinkedBase, identity: ExternalIdentity, invitation: str = "") -> User:
    """Return the user of a token of the provider. Raises as ``Accounts.user_for_id_token`` does."""
    user = accounts.users.get(identity.uid)
    if user and (not user.can_log_in or user.has_ended(identity.authenticated_at)):
        raise InvalidToken
    account = accounts.remote.get(identity.uid)
    if account is None and user:
        delete_if_gone_at_provider(accounts, user)
    if account and user:
        _require_enabled(accounts, user, account)
        return mirror_if_changed(accounts, _synced(accounts, user, account, invitation), account)
    if account is None or account.disabled:
        raise InvalidToken
    return mirror_if_changed(accounts, _first_visit(accounts, identity.uid, account, invitation), account)


def sync_user(accounts: LinkedBase, user: User, *, one_factor: bool = False) -> User:
    """Return a user after taking over the state of the provider's account. Raises as ``Accounts.sync_user`` does.

    If the user has changed since the account was read, the account is not applied to the user. If the address is taken
    over from the account, the old address gets a notice, as after a change in this service.
    """
    if user.role is Role.GUEST and user.provider is None:
        return user
    account = accounts.remote.get(user.id)
    if account is None:
        delete_if_gone_at_provider(accounts, user)
        raise InvalidToken
    _require_enabled(accounts, user, account)
    if one_factor and account.has_second_factor:
        raise InvalidToken("This account has a second factor, which a mail does not replace; log in with that factor.")
    return mirror_if_changed(accounts, _synced(accounts, user, account), account)


def with_account(account: ProviderAccount, admission: Admission, project: str, now: datetime) -> Change:
    """Return the change that applies ``account``, which is in this project of the provider, to a user.

    A guest whose account is no longer anonymous becomes a user with a random name and with the role of ``admission``,
    and its guest sessions end. A user with an unfinished change from this service stays unchanged.
    """
    username = Username.random()

    def follow(user: User) -> User:
        if user.state is not State.ACTIVE or user.pending:
            return user
        changed = user.with_provider(ProviderLink(account.valid_since, project))
        if user.role is Role.GUEST and not account.anonymous:
            changed = replace(changed, username=username, session_epoch=user.session_epoch + 1, expires_at=None)
            changed = replace(changed, role=admission.role, invitation_id=admission.invitation_id)
        known = account.email is not None and user.email is not None and account.email.key == user.email.key
        email = user.email if known else account.email
        verified = email is not None and (account.email_verified or (known and user.email_verified))
        changed = changed.with_email(email, verified=verified)
        visible = replace(changed, provider=user.provider)
        return changed if visible == user else replace(changed, updated_at=now)

    return follow


def permitted(
    accounts: LinkedBase, user: User, account: ProviderAccount, invitation: str = ""
) -> tuple[ProviderAccount, Admission]:
    """Return ``account`` without the changes that the user may not take over, and the admission of a new member.

    A guest who may not register stays a guest, as if the account were still anonymous. A user keeps the stored address
    if the new address is not allowed. A user with factors always keeps the stored address, because a change at the
    provider asks for no factor. Raises Invalid for a guest whose invitation is not valid.
    """
    kept = replace(account, email=user.email, email_verified=user.email_verified)
    if user.factors and (account.email is None or user.email is None or account.email.key != user.email.key):
        return kept, Admission(kept.email)
    try:
        if user.role is Role.GUEST and not account.anonymous:
            return account, accounts.registration.admit_visitor(account.email, account.email_verified, invitation)
        accounts.registration.admit_address(user, account.email)
    except RegistrationClosed:
        account = replace(kept, anonymous=user.role is Role.GUEST)
    return account, Admission(account.email)


def _require_enabled(accounts: LinkedBase, user: User, account: ProviderAccount) -> None:
    """End all sessions and keys of a user whose account is disabled, once, and raise InvalidToken.

    A disabled account counts as revoked from now on, which is later than the provider says. By this difference the next
    attempt to log in is recognised, which then stores nothing.
    """
    if not account.disabled:
        return
    now = accounts.clock()

    def end(stored: User) -> User:
        if stored.provider and stored.provider.valid_since > account.valid_since:
            return stored
        ended = stored.without_sessions(now).without_keys(now)
        return replace(ended, provider=ProviderLink(now, accounts.remote.project))

    event = NO_CLIENT.event(EventType.SESSIONS_ENDED, user.id, SYSTEM, now, reason="disabled-at-provider")
    removed = changes(NO_CLIENT, SYSTEM, now)
    with caller_must_exist():
        accounts.users.update(user.id, end, events=lambda *states: [event, *removed(*states)])
    raise InvalidToken


def _first_visit(accounts: LinkedBase, uid: str, account: ProviderAccount, invitation: str) -> User:
    now = accounts.clock()
    user = replace(
        User.new(now=now, id=uid),
        email=account.email,
        email_verified=account.email_verified and account.email is not None,
        name=account.name,
        provider=ProviderLink(account.valid_since, accounts.remote.project),
    )
    if account.anonymous:
        accounts.registration.admit_guest()
        user = replace(user, role=Role.GUEST, expires_at=now + accounts.guest_lifetime)
        events = [NO_CLIENT.event(EventType.GUEST_REGISTERED, uid, user.actor, now)]
    else:
        admission = accounts.registration.admit_visitor(account.email, account.email_verified, invitation)
        user = replace(admission.admit(user), username=Username.random())
        events = registered(user, user.invitation_id, NO_CLIENT, now)
    try:
        return accounts.users.add(user, events=events)
    except Taken:
        # Of two first visits at once the other one may have made the user.
        if existing := accounts.users.get(uid):
            return existing
        if not free_address(accounts, account.email):
            raise
        return accounts.users.add(user, events=events)


def _synced(accounts: LinkedBase, user: User, account: ProviderAccount, invitation: str = "") -> User:
    account, admission = permitted(accounts, user, account, invitation)
    try:
        return _update(accounts, user, account, admission)
    except Taken:
        if free_address(accounts, account.email):
            return _update(accounts, user, account, admission)
    # The user keeps the address that it has here.
    event = NO_CLIENT.event(EventType.ADDRESS_TAKEN, user.id, SYSTEM, accounts.clock())
    kept = replace(account, email=user.email, email_verified=user.email_verified)
    return _update(accounts, user, kept, admission, event)


def _update(accounts: LinkedBase, user: User, account: ProviderAccount, admission: Admission, *events: Event) -> User:
    """Store the changes of a user's account at the provider, and the events. Return the stored user.

    Raises InvalidToken if the user no longer exists, and Taken if another user has the address.
    """
    now = accounts.clock()
    changed_there = changes(NO_CLIENT, SYSTEM, now)
    with_provider_account = with_account(account, admission, accounts.remote.project, now)

    def follow(stored: User) -> User:
        changed = with_provider_account(stored)
        # Events are stored only with a change. The new time makes one, even if nothing else has changed.
        return replace(changed, updated_at=now) if events else changed

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
