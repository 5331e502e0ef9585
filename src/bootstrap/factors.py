"""Builds the services of second factors."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from src.application.factors import ProofService
from src.application.notices import Notices
from src.bootstrap.ports import Ports
from src.domain.errors import WrongCode
from src.domain.factors import Evidence, Factor
from src.infrastructure.factors.totp import TotpApps
from src.infrastructure.limits.store import StoreLimiter


def make_proofs(ports: Ports, notices: Notices) -> ProofService:
    """Return the service that checks second steps. Its limiter counts in the store, whatever the settings say."""
    return ProofService(
        factors=ports.factors,
        apps=TotpApps(_app_name(ports.settings.issuer)),
        sealer=ports.data_keys,
        check_passkey=_refuse_passkey,
        limiter=StoreLimiter(ports.store, ports.clock),
        notices=notices,
        failures=ports.failed_logins,
        clock=ports.clock,
    )


def _app_name(issuer: str) -> str:
    """Return the name of this service in authenticator apps: the issuer, or its host if it is a URL."""
    return urlsplit(issuer).hostname or issuer


def _refuse_passkey(factor: Factor, answer: Mapping[str, Any]) -> Evidence:
    raise WrongCode
