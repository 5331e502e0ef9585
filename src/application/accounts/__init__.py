"""Accounts: registering users, changing passwords, and keeping the identity provider consistent with the store."""

from src.application.accounts.mirror import AccountMirror
from src.application.accounts.saga import RECONCILE_AFTER, AccountSaga
from src.application.accounts.service import AccountService

__all__ = ["RECONCILE_AFTER", "AccountMirror", "AccountSaga", "AccountService"]
