"""A typed client of Portero, blocking and async."""

from portero_client.client import AsyncPortero, Portero
from portero_client.problems import MfaRequired, Problem, StepUpRequired
from portero_client.session import FileTokens, MemoryTokens, TokenPair, TokenStore

__all__ = [
    "AsyncPortero",
    "FileTokens",
    "MemoryTokens",
    "MfaRequired",
    "Portero",
    "Problem",
    "StepUpRequired",
    "TokenPair",
    "TokenStore",
]
