"""Accounts: registering users, changing passwords, and keeping the identity provider consistent with the store."""

from src.application.accounts.changes import changes
from src.application.accounts.confirmation import PasswordConfirmation
from src.application.accounts.interface import RECONCILE_AFTER, Accounts
from src.application.accounts.linked import LinkedAccounts
from src.application.accounts.local import LocalAccounts
from src.application.accounts.service import FOR_ADMINS, AccountService, require_self_or_admin

__all__ = [
    "FOR_ADMINS",
    "RECONCILE_AFTER",
    "AccountService",
    "Accounts",
    "LinkedAccounts",
    "LocalAccounts",
    "PasswordConfirmation",
    "changes",
    "require_self_or_admin",
]
