"""An identity provider that keeps its accounts in a dictionary, and a proxy that observes calls."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from src.application.ports import CustomToken, ExternalIdentity, ProviderAccount, TokenClaims
from src.domain.errors import InvalidToken, NotFound, Taken
from src.domain.passwords import normalise_password
from src.domain.users import User
from src.domain.values import Email


class FakeProvider:
    """An identity provider that keeps its accounts in a dictionary. Implements RemoteAccounts."""

    project = ""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        """Addresses by user id. The id stands in for the address of a user without one."""
        self.claims: dict[str, Mapping[str, Any]] = {}
        """The custom claims by user id."""
        self.second_factors: set[str] = set()
        """The ids of users whose accounts ask for a second factor."""
        self._passwords: dict[str, str | None] = {}
        self.revoked: list[tuple[str, datetime]] = []
        """The id of each user whose sign-ins were revoked, and the time since which sign-ins count again."""
        self.custom_tokens: dict[str, TokenClaims] = {}
        """The sessions of the custom tokens. Each of these tokens is its own ID token."""

    def verify_password(self, user: User | None, password: str) -> bool:
        if user is None or self.addresses.get(user.id) != _address(user):
            return False
        return self._passwords[user.id] == normalise_password(password)

    def sign_in(self, email: Email, password: str) -> ExternalIdentity | None:
        for id, address in self.addresses.items():
            if address == email.address and self._passwords[id] == normalise_password(password):
                return ExternalIdentity(id, datetime.now(UTC))
        return None

    def create(self, user: User, password: str | None) -> None:
        self._claim(user)
        self._passwords[user.id] = password and normalise_password(password)

    def set_email(self, user: User) -> None:
        self.require(user)
        self._claim(user)

    def set_password(
        self,
        user: User,
        password: str,
        *,
        remove_other_sign_ins: bool = False,
        remove_second_factors: bool = False,
    ) -> None:
        self.require(user)
        self._passwords[user.id] = normalise_password(password)
        if remove_second_factors:
            self.second_factors.discard(user.id)

    def wait_for_revocation(self) -> None:
        """Do nothing, because this provider issues no tokens."""

    def set_claims(self, id: str, claims: Mapping[str, Any]) -> None:
        self.claims[id] = dict(claims)

    def delete(self, id: str) -> None:
        self.addresses.pop(id, None)
        self._passwords.pop(id, None)

    def get(self, id: str) -> ProviderAccount | None:
        if id not in self.addresses:
            return None
        address = self.addresses[id]
        email = Email(address) if address != id else None
        return ProviderAccount(
            email,
            has_password=bool(self._passwords.get(id)),
            has_second_factor=id in self.second_factors,
            valid_since=self.valid_since(id),
            custom_claims=self.claims.get(id, {}),
        )

    def valid_since(self, id: str) -> datetime:
        """Return the time since which sign-ins of a user are valid."""
        return max((since for revoked, since in self.revoked if revoked == id), default=datetime.fromtimestamp(0, UTC))

    def verify_id_token(self, token: str) -> ExternalIdentity:
        if claims := self.custom_tokens.get(token):
            return ExternalIdentity(claims.user_id, datetime.now(UTC), claims=claims)
        raise InvalidToken

    def revoke(self, id: str, valid_since: datetime) -> None:
        self.revoked.append((id, valid_since))

    def custom_token(self, claims: TokenClaims, user: User) -> CustomToken:
        token = f"custom {user.role} {len(self.custom_tokens)}"
        self.custom_tokens[token] = claims
        return CustomToken(token, 300)

    def sign_up(self, address: str) -> str:
        """Create an account at the provider without a user in Portero. Return its id."""
        id = uuid4().hex
        self.addresses[id] = address
        return id

    def require(self, user: User) -> None:
        """Raise NotFound if the user has no account."""
        if user.id not in self.addresses:
            raise NotFound

    def _claim(self, user: User) -> None:
        wanted = _address(user)
        if any(address == wanted and id != user.id for id, address in self.addresses.items()):
            raise Taken("email")
        self.addresses[user.id] = wanted


def _address(user: User) -> str:
    return user.email.address if user.email else user.id


class Observed:
    """A proxy of ``target`` that calls ``observe`` before and after every call of the methods ``names``."""

    def __init__(self, target: object, names: set[str], observe: Callable[[str], None]) -> None:
        self._target = target
        self._names = names
        self._observe = observe

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if name not in self._names:
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            self._observe(f"before {name}")
            result = value(*arguments, **options)
            self._observe(f"after {name}")
            return result

        return call
