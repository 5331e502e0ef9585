"""Accounts whose passwords this service keeps. The user record is the whole account."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from src.application.accounts.failures import attempt
from src.application.accounts.interface import Accounts
from src.application.accounts.steps import Change, if_active, if_ticket
from src.application.ports import ExternalIdentity, PasswordHasher
from src.domain.errors import PorteroError
from src.domain.events import NO_EVENTS, Event, Recorded, always
from src.domain.passwords import NewPassword
from src.domain.receipts import IdempotentCreate
from src.domain.users import Claim, State, User


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAccounts(Accounts):
    """Accounts in the store alone: every operation is one commit."""

    hasher: PasswordHasher

    def create(
        self,
        user: User,
        password: NewPassword | None,
        idempotent: IdempotentCreate[User] | None = None,
        events: Sequence[Event] = (),
    ) -> User:
        if password is not None:
            user = replace(user, password_hash=self.hasher.hash_password(password.text))
        return self.users.add(user, idempotent.receipt_for(user) if idempotent else None, events=events)

    def upgrade(self, id: str, promote: Change, password: NewPassword, events: Sequence[Event] = ()) -> User:
        hash = self.hasher.hash_password(password.text)
        return self.users.update(id, lambda guest: replace(promote(guest), password_hash=hash), events=always(*events))

    def change(
        self,
        id: str,
        change: Change,
        revisions: Collection[str] | None = None,
        events: Recorded[User] = NO_EVENTS,
    ) -> User:
        return self.users.update(id, if_active(change), revisions=revisions, events=events)

    def delete(self, id: str, revisions: Collection[str] | None = None, events: Sequence[Event] = ()) -> None:
        bury = if_active(self.buried)
        attempt(self.remove_owned, self.users.update(id, bury, revisions=revisions, events=always(*events)))

    def sign_in(
        self, claim: Claim | None, known: User | None, password: str
    ) -> tuple[User | None, ExternalIdentity | None]:
        if not self.hasher.verify(known.password_hash if known else None, password) or known is None:
            return None, None
        self._rehash(known, password)
        return known, None

    def has_this_password(self, user: User, password: str) -> bool:
        return self.hasher.verify(user.password_hash, password)

    def has_a_password(self, user: User) -> bool:
        return user.password_hash is not None

    def may_have_sign_ins(self, user: User) -> bool:
        return user.password_hash is not None

    def _with_password(self, id: str, password: NewPassword) -> Change:
        hash = self.hasher.hash_password(password.text)
        return lambda user: replace(user, password_hash=hash)

    def _reconcile(self, listed: User) -> None:
        # Of several processes that reconcile at once, one gets past this; the others get Stale.
        user = self.users.update(listed.id, self.marked, revisions=[listed.revision])
        if user.state is State.ACTIVE:  # left by an identity provider that the settings no longer name
            self.users.update(user.id, if_ticket(user.ticket, User.settled))
        else:
            self.finish_deletion(user)

    def _rehash(self, user: User, password: str) -> None:
        """Replace the hash of a password that has just been checked, if it has other parameters than today's."""
        if user.password_hash is None or not self.hasher.needs_rehash(user.password_hash):
            return
        hash = self.hasher.hash_password(password)

        def change(stored: User) -> User:  # nothing, if the password has been changed meanwhile
            return replace(stored, password_hash=hash) if stored.password_hash == user.password_hash else stored

        with suppress(PorteroError):  # the next login tries again
            self.users.update(user.id, change)
