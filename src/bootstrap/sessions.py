"""Builds the services of sessions and tokens."""

from datetime import timedelta

from src.application.accounts import Accounts
from src.application.factors import PendingLogins, ProofService
from src.application.migration import LoginMigration
from src.application.notices import Notices
from src.application.service_accounts import ServiceAccountService
from src.application.sessions import (
    AuthenticationService,
    ClientAuthenticator,
    IntrospectionService,
    Lifetimes,
    RecentChecks,
    SessionService,
)
from src.bootstrap.ports import Ports
from src.domain.values import Role
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.refresh import COOKIES, DerivedRefreshTokens
from src.settings import Settings


def make_authentication(ports: Ports, accounts: Accounts) -> AuthenticationService:
    """Return the service that authenticates bearer tokens."""
    settings = ports.settings
    return AuthenticationService(
        users=ports.users,
        sessions=ports.sessions,
        keys=ports.api_keys,
        accounts=accounts,
        checks=RecentChecks(timedelta(seconds=settings.firebase_check_seconds), ports.clock),
        tokens=JwtIssuer(
            ports.keys,
            ports.clock,
            issuer=settings.issuer,
            audience=settings.audience,
            seconds=settings.access_token_seconds,
        ),
        mfa_roles=frozenset(map(Role, settings.names_of_mfa_roles)),
        clock=ports.clock,
    )


def make_sessions(
    ports: Ports, authentication: AuthenticationService, notices: Notices, proofs: ProofService
) -> SessionService:
    """Return the service of sessions, with the accounts and the tokens of ``authentication``."""
    return SessionService(
        users=ports.users,
        sessions=ports.sessions,
        authentication=authentication,
        accounts=authentication.accounts,
        tokens=authentication.tokens,
        refresh_tokens=DerivedRefreshTokens(ports.keys),
        cookies=DerivedRefreshTokens(ports.keys, COOKIES),
        lifetimes=lifetimes(ports.settings),
        parse_login=ports.rules.parse_login,
        registration=ports.registration,
        limiter=ports.limiter,
        proofs=proofs,
        pending=PendingLogins(ports.tickets),
        notices=notices,
        failures=ports.failed_logins,
        migration=_make_migration(ports),
        clock=ports.clock,
    )


def _make_migration(ports: Ports) -> LoginMigration | None:
    if ports.login_source is None:
        return None
    return LoginMigration(
        source=ports.login_source,
        users=ports.users,
        hasher=ports.hasher,
        registration=ports.registration,
        rules=ports.rules,
        limiter=ports.limiter,
        clock=ports.clock,
    )


def make_introspection(
    ports: Ports, authentication: AuthenticationService, clients: ClientAuthenticator
) -> IntrospectionService:
    """Return the service that tells the state of tokens to other services, and revokes tokens."""
    return IntrospectionService(
        authentication=authentication,
        refresh_tokens=DerivedRefreshTokens(ports.keys),
        clients=clients,
        clock=ports.clock,
    )


def make_service_accounts(ports: Ports, sessions: SessionService) -> ServiceAccountService:
    """Return the service of service accounts."""
    clients = ClientAuthenticator(
        credentials=ports.settings.credentials,
        accounts=ports.service_accounts,
        limiter=ports.limiter,
        clock=ports.clock,
    )
    return ServiceAccountService(
        service_accounts=ports.service_accounts,
        accounts=sessions.accounts,
        clients=clients,
        sessions=sessions,
        clock=ports.clock,
    )


def lifetimes(settings: Settings) -> Lifetimes:
    """Return the times for which sessions last."""
    return Lifetimes(
        idle=timedelta(seconds=settings.refresh_token_seconds),
        absolute=timedelta(seconds=settings.session_seconds),
        service=timedelta(seconds=settings.access_token_seconds),
    )
