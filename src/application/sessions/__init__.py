"""Sessions: logging in and out, and authenticating requests by their tokens."""

from src.application.caller import Caller
from src.application.sessions.authentication import AuthenticationService
from src.application.sessions.browsers import BrowserSessionService
from src.application.sessions.checks import RecentChecks
from src.application.sessions.clients import ClientAuthenticator
from src.application.sessions.introspection import IntrospectionService
from src.application.sessions.passkeys import PasskeyLoginService
from src.application.sessions.second_step import SecondStepService
from src.application.sessions.service import SessionService
from src.application.sessions.starting import Lifetimes
from src.application.sessions.step_up import StepUpService

__all__ = [
    "AuthenticationService",
    "BrowserSessionService",
    "Caller",
    "ClientAuthenticator",
    "IntrospectionService",
    "Lifetimes",
    "PasskeyLoginService",
    "RecentChecks",
    "SecondStepService",
    "SessionService",
    "StepUpService",
]
