"""Builds the services of accounts."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from src.application.accounts import Accounts, AccountService, LinkedAccounts, LocalAccounts, PasswordConfirmation
from src.application.administration import AdministrationService
from src.application.directory import DirectoryService
from src.application.importing import ImportService
from src.application.notices import Notices
from src.application.sessions import SessionService
from src.bootstrap.ports import Ports
from src.bootstrap.sessions import lifetimes
from src.domain.values import Role
from src.infrastructure.identity.foreign_hashes import parse_hash
from src.infrastructure.repositories.sign_ins import StoredLastSignInRepair

_REDEEMABLE = timedelta(minutes=6)
"""The life of a custom token, and a minute more for clocks that differ."""


def make_accounts(ports: Ports, owned: Sequence[Callable[[str], None]], notices: Notices) -> Accounts:
    """Return LinkedAccounts if the settings name an identity provider, and otherwise LocalAccounts."""
    if not ports.remote:
        return LocalAccounts(users=ports.users, hasher=ports.hasher, owned=owned, clock=ports.clock)
    return LinkedAccounts(
        users=ports.users,
        remote=ports.remote,
        owned=owned,
        registration=ports.registration,
        mfa_roles=frozenset(map(Role, ports.settings.names_of_mfa_roles)),
        guest_lifetime=lifetimes(ports.settings).guest,
        redeemable=_REDEEMABLE if ports.settings.firebase_tokens else timedelta(0),
        notices=notices,
        clock=ports.clock,
    )


def make_account_service(
    ports: Ports, accounts: Accounts, sessions: SessionService, notices: Notices
) -> AccountService:
    """Return the service by which people manage their own accounts."""
    return AccountService(
        users=ports.users,
        accounts=accounts,
        confirmation=PasswordConfirmation(accounts=accounts, limiter=ports.limiter, clock=ports.clock),
        start_session=sessions.start,
        registration=ports.registration,
        passwords=ports.rules.passwords,
        limiter=ports.limiter,
        notices=notices,
        clock=ports.clock,
    )


def make_directory(ports: Ports, accounts: Accounts) -> DirectoryService:
    """Return the service that lists, shows and adds users."""
    return DirectoryService(
        users=ports.users,
        sign_ins=ports.sign_ins,
        accounts=accounts,
        parse_email=ports.rules.parse_email,
        clock=ports.clock,
    )


def make_administration(ports: Ports, directory: DirectoryService, notices: Notices) -> AdministrationService:
    """Return the service by which the operator manages accounts."""
    return AdministrationService(
        users=ports.users,
        accounts=directory.accounts,
        directory=directory,
        last_sign_ins=StoredLastSignInRepair(ports.store, ports.users),
        passwords=ports.rules.passwords,
        notices=notices,
        clock=ports.clock,
    )


def make_imports(ports: Ports) -> ImportService:
    """Return the service that imports users.

    It imports password hashes only if Portero keeps the passwords itself, and no identity provider does.
    """
    hasher = None if ports.remote else ports.hasher
    return ImportService(
        users=ports.users,
        factors=ports.factors,
        sealer=ports.data_keys,
        hasher=hasher,
        rules=ports.rules,
        parse_hash=parse_hash,
        events=ports.events,
        clock=ports.clock,
    )
