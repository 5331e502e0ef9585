"""Accounts whose steps a test can interrupt."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from argon2 import PasswordHasher

from src.application.accounts import RECONCILE_AFTER, LinkedAccounts, LocalAccounts
from src.application.notices import Notices
from src.application.ports import RemoteAccounts
from src.application.registration import RegistrationMode, RegistrationPolicy
from src.domain.users import Claim, State, User, UserRepository
from src.domain.values import Email, Username
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.repositories.invitations import Invitations
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.memory import MemoryStore
from tests.support.claims import holder_of
from tests.support.passwords import accepted
from tests.support.remote import FakeProvider, Observed
from tests.support.working import Interruptions

OLD, NEW = Email("old@example.com"), Email("new@example.com")
PASSWORD = "correct horse"
OPEN = cast(Any, RegistrationPolicy)(
    mode=RegistrationMode.OPEN,
    domains=frozenset(),
    guests=True,
    **dict.fromkeys(("invitations", "users", "tickets", "clock")),  # not used without an invitation
)
NO_NOTICES = cast(Notices, SimpleNamespace(address_changed=lambda *_: None))


class AccountWorld(Interruptions):
    """Accounts in the store and at a provider. A test can interrupt every call of the two."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.remote = FakeProvider()
        store = MemoryStore()
        self.users, self.invitations = Users(store), Invitations(store)
        self.disowned: list[str] = []
        methods = {"create", "set_email", "set_claims", "delete", "add", "update", "revoke"}
        self.accounts = LinkedAccounts(
            users=cast(UserRepository, Observed(self.users, methods, self.observe)),
            remote=cast(RemoteAccounts, Observed(self.remote, methods, self.observe)),
            owned=[self._disown],
            notices=NO_NOTICES,
            registration=OPEN,
            guest_lifetime=timedelta(days=1),
            clock=self.clock,
        )

    def local_accounts(self) -> LocalAccounts:
        """Return the accounts after a change of the settings: this service keeps the passwords itself."""
        hasher = Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_once=1)
        return LocalAccounts(users=self.users, hasher=hasher, owned=[self._disown], clock=self.clock)

    def clock(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def wait(self) -> None:
        self.now += RECONCILE_AFTER

    def reconcile_later(self) -> None:
        self.wait()
        assert self.accounts.reconcile() == 1

    def joined(self, email: Email | None = OLD) -> User:
        user = User.new(now=self.clock(), username=Username.random(), email=email)
        return self.accounts.create(user, accepted(PASSWORD))

    def readdress(self, user: User, email: Email = NEW) -> User:
        return self.accounts.change(user.id, lambda stored: stored.changed({"email": email}, self.now))

    def stored(self, user: User) -> User:
        found = self.users.get(user.id)
        assert found
        return found

    def assert_agrees(self, user: User, email: Email | None) -> None:
        """Assert that the user is reconciled, and that the store and the provider have the address."""
        stored = self.stored(user)
        assert (stored.state, stored.pending) == (State.ACTIVE, None)
        assert stored.email == email
        assert self.remote.verify_password(stored, PASSWORD)
        for address in {OLD, NEW} - {email}:
            assert holder_of(self.users, Claim("email", address.key)) is None

    def assert_deleted(self, user: User) -> None:
        """Assert that the names are free and the owned objects removed, now and again by reconciliation."""
        assert self.stored(user).claims == frozenset()
        assert self.disowned.pop() == user.id
        self.reconcile_later()
        assert self.disowned.pop() == user.id
        self.assert_gone(user)

    def assert_gone(self, user: User) -> None:
        """Assert that only the id of the user is left."""
        stored = self.stored(user)
        assert (stored.state, stored.claims, stored.pending) == (State.DELETED, frozenset(), None)
        assert self.remote.get(user.id) is None

    def _disown(self, id: str) -> None:
        self.observe("before disown")
        self.disowned.append(id)
        self.observe("after disown")
