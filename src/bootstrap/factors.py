"""Builds the services of second factors."""

from urllib.parse import urlsplit

from src.application.accounts import Accounts
from src.application.enrolment import EnrolmentService, FactorService
from src.application.factors import PasskeyService, ProofService
from src.application.notices import Notices
from src.bootstrap.passkeys import make_passkeys
from src.bootstrap.ports import Ports
from src.infrastructure.factors.totp import TotpApps
from src.infrastructure.limits.store import StoreLimiter


def make_proofs(ports: Ports, notices: Notices) -> ProofService:
    """Return the service that checks second steps. Its limiter counts in the store, whatever the settings say."""
    return ProofService(
        factors=ports.factors,
        apps=TotpApps(_app_name(ports.settings.issuer)),
        sealer=ports.data_keys,
        check_passkey=make_passkeys(ports).prove,
        limiter=StoreLimiter(ports.store, ports.clock),
        notices=notices,
        failures=ports.failed_logins,
        clock=ports.clock,
    )


def make_enrolments(
    ports: Ports, proofs: ProofService, passkeys: PasskeyService, accounts: Accounts, notices: Notices
) -> EnrolmentService:
    """Return the service by which users add factors."""
    return EnrolmentService(
        proofs=proofs,
        passkeys=passkeys,
        sessions=ports.sessions,
        accounts=accounts,
        tickets=ports.tickets,
        notices=notices,
    )


def make_factors(ports: Ports, proofs: ProofService, accounts: Accounts, notices: Notices) -> FactorService:
    """Return the service by which users manage their factors."""
    return FactorService(
        proofs=proofs, users=ports.users, accounts=accounts, notices=notices, mails_enabled=ports.mailer is not None
    )


def _app_name(issuer: str) -> str:
    """Return the name of this service in authenticator apps: the issuer, or its host if it is a URL."""
    return urlsplit(issuer).hostname or issuer
