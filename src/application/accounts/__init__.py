"""Accounts: what people do with their own, and how the store and the identity provider are kept in step."""

from src.application.accounts.saga import RECONCILE_AFTER, AccountSaga
from src.application.accounts.service import AccountService, NewProfile, new_user

__all__ = ["RECONCILE_AFTER", "AccountSaga", "AccountService", "NewProfile", "new_user"]
