"""Logging in and out, and telling from a token who is calling."""

from src.application.sessions.callers import Authenticate, Caller, FindProfile, caller_must_exist
from src.application.sessions.endings import EndSession, ListSessions, LogOut, LogOutEverywhere
from src.application.sessions.logins import BecomeGuest, ExchangeToken, Lifetimes, LogIn, StartSession
from src.application.sessions.renewals import Refresh, RenewToken

__all__ = [
    "Authenticate",
    "BecomeGuest",
    "Caller",
    "EndSession",
    "ExchangeToken",
    "FindProfile",
    "Lifetimes",
    "ListSessions",
    "LogIn",
    "LogOut",
    "LogOutEverywhere",
    "Refresh",
    "RenewToken",
    "StartSession",
    "caller_must_exist",
]
