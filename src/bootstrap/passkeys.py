"""Builds the service of passkeys."""

from src.application.factors import PasskeyService
from src.bootstrap.adapters import make_relying_party
from src.bootstrap.ports import Ports
from src.infrastructure.logs import audit


def make_passkeys(ports: Ports) -> PasskeyService:
    """Return the service that enrols and checks passkeys. The library for passkeys is loaded at the first use."""
    return PasskeyService(
        factors=ports.factors,
        tickets=ports.tickets,
        relying_party=make_relying_party(ports.settings),
        audit=audit,
        clock=ports.clock,
    )
