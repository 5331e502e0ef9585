"""Accounts, in the store and at the identity provider."""

from src.application.accounts.passwords import SetPassword
from src.application.accounts.sync import RECONCILE_AFTER, Accounts

__all__ = ["RECONCILE_AFTER", "Accounts", "SetPassword"]
