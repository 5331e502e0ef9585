"""What the composition root hands to the ways in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from src.application.accounts import Accounts
from src.application.administration import EnsureAdmin, ListUsers, SetDisabled
from src.application.ports import AddressParser
from src.application.sessions import Authenticate, ExchangeToken, LogIn, StartSession
from src.application.users import ChangePassword, ChangeProfile, DeleteAccount, Register
from src.domain.users import PasswordPolicy


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, and the rules that input is parsed with."""

    accounts: Accounts
    authenticate: Authenticate
    change_password: ChangePassword
    change_profile: ChangeProfile
    delete_account: DeleteAccount
    ensure_admin: EnsureAdmin
    exchange_token: ExchangeToken | None
    """None when no identity provider issues tokens of its own."""
    list_users: ListUsers
    log_in: LogIn
    register: Register
    set_disabled: SetDisabled
    start_session: StartSession

    addresses: AddressParser
    passwords: PasswordPolicy
    public_keys: Callable[[], Mapping[str, Any]]
    """The public JWK set."""
    check_store: Callable[[], None]
    """Raises Unavailable when the store cannot be read."""
