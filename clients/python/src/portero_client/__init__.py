"""A typed client of Portero, blocking and async."""

from portero_client.client import AsyncPortero, Portero
from portero_client.problems import Problem
from portero_client.session import FileTokens, MemoryTokens, TokenPair, TokenStore

__all__ = ["AsyncPortero", "FileTokens", "MemoryTokens", "Portero", "Problem", "TokenPair", "TokenStore"]
