"""Gives handlers the services, the client and the validation context of the current request."""

from typing import cast

from flask import current_app, request

from src.application.caller import Caller
from src.domain.sessions import Client
from src.interfaces.framework.bodies import Context
from src.interfaces.framework.headers import accepted_language
from src.interfaces.services import Services

LATE = "portero.late"
"""The key in the environment of a request that the server has let wait too long, and that must not be served."""
MONITORED = ("/health", "/healthz", "/ready", "/readyz", "/metrics")
"""The paths that are answered however late, so that monitoring does not take a busy service for a dead one."""


def services() -> Services:
    """Return the services of the application that handles the current request."""
    return cast(Services, current_app.extensions["portero"])


def context_of(caller: Caller | None) -> Context:
    """Return the validation context for the body of the current request."""
    return Context(services().rules, caller)


def client() -> Client:
    """Return the user agent, the address, the language and the id of the current request."""
    agent = request.headers.get("User-Agent", "")[:200]
    shown = agent if agent.isprintable() and agent else None
    id, language = request.headers["X-Request-Id"], accepted_language()
    return Client(user_agent=shown, ip=request.remote_addr, language=language, request_id=id)
