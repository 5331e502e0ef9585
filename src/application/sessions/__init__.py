"""Sessions: logging in and out, and authenticating requests by their tokens."""

from src.application.sessions.authentication import AuthenticationService, Caller, caller_must_exist
from src.application.sessions.introspection import IntrospectionService
from src.application.sessions.service import Lifetimes, SessionService

__all__ = [
    "AuthenticationService",
    "Caller",
    "IntrospectionService",
    "Lifetimes",
    "SessionService",
    "caller_must_exist",
]
