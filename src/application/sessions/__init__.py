"""Logging in and out, and telling from a token who is calling."""

from src.application.sessions.authentication import AuthenticationService, Caller, caller_must_exist
from src.application.sessions.service import Lifetimes, SessionService

__all__ = ["AuthenticationService", "Caller", "Lifetimes", "SessionService", "caller_must_exist"]
