"""Accounts, in the store and at the identity provider."""

from src.application.accounts.passwords import SetPassword
from src.application.accounts.sync import SETTLE_AFTER, Accounts

__all__ = ["SETTLE_AFTER", "Accounts", "SetPassword"]
