"""Accounts: registration, passwords, and the steps that keep the store and the identity provider consistent."""

from src.application.accounts.saga import RECONCILE_AFTER, AccountSaga
from src.application.accounts.service import AccountService

__all__ = ["RECONCILE_AFTER", "AccountSaga", "AccountService"]
