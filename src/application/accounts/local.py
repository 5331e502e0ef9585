"""Accounts whose passwords this service keeps. The user record is the whole account."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace

from src.application.accounts.failures import attempt
from src.application.accounts.interface import Accounts, Change, if_ticket, ticket_of
from src.application.accounts.steps import expired, if_active
from src.application.ports import ExternalIdentity, PasswordHasher
from src.domain.errors import InvalidToken, NotFound, PorteroError
from src.domain.passwords import NewPassword
from src.domain.receipts import IdempotentCreate
from src.domain.sessions import Session
from src.domain.users import Claim, State, User


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAccounts(Accounts):
    """Accounts in the store alone: every operation is one commit."""

    hasher: PasswordHasher

    def create(
        self, user: User, password: NewPassword | None, idempotent: IdempotentCreate[User] | None = None
    ) -> User:
        if password is not None:
            user = replace(user, password_hash=self.hasher.hash_password(password.text))
        return self.users.add(user, idempotent.receipt_for(user) if idempotent else None)

    def upgrade(self, id: str, promote: Change, password: NewPassword) -> User:
        hash = self.hasher.hash_password(password.text)
        return self.users.update(id, lambda guest: replace(promote(guest), password_hash=hash))

    def change(self, id: str, change: Change, revisions: Collection[str] | None = None) -> User:
        return self.users.update(id, if_active(change), revisions=revisions)

    def finish_password_change(self, user: User, password: NewPassword, *, remove_other_sign_ins: bool = False) -> None:
        """Do nothing: the first step has stored the hash, and there is no other way to sign in."""

    def delete(self, id: str, revisions: Collection[str] | None = None) -> None:
        attempt(self.remove_owned, self.users.update(id, if_active(self.buried), revisions=revisions))

    def sign_in(
        self, claim: Claim | None, known: User | None, password: str
    ) -> tuple[User | None, ExternalIdentity | None]:
        return (known if self.hasher.verify(known.password_hash if known else None, password) else None), None

    def has_this_password(self, user: User, password: str) -> bool:
        return self.hasher.verify(user.password_hash, password)

    def has_a_password(self, user: User) -> bool:
        return user.password_hash is not None

    def may_have_sign_ins(self, user: User) -> bool:
        return user.password_hash is not None

    def rehash(self, user: User, password: str) -> None:
        if user.password_hash is None or not self.hasher.needs_rehash(user.password_hash):
            return
        hash = self.hasher.hash_password(password)

        def change(stored: User) -> User:  # nothing, if the password has been changed meanwhile
            return replace(stored, password_hash=hash) if stored.password_hash == user.password_hash else stored

        with suppress(PorteroError):  # the next login tries again
            self.users.update(user.id, change)

    def require_id_tokens(self) -> None:
        raise NotFound("This service keeps its passwords itself; log in with a password.")

    def identify(self, id_token: str) -> ExternalIdentity:
        """Raise InvalidToken: no other service issues tokens."""
        raise InvalidToken

    def user_for_id_token(self, identity: ExternalIdentity) -> User:
        """Raise InvalidToken: no other service issues tokens."""
        raise InvalidToken

    def sync_user(self, user: User, *, one_factor: bool = False) -> User:
        """Return the user as it is."""
        return user

    def sync_session(self, session: Session, user: User) -> User:
        """Return the user as it is."""
        return user

    def is_revoked(self, session: Session, user: User) -> bool:
        return False

    def wait_for_revocation(self) -> None:
        """Do nothing: sessions end with the commit."""

    def _with_password(self, id: str, password: NewPassword) -> Change:
        hash = self.hasher.hash_password(password.text)
        return lambda user: replace(user, password_hash=hash)

    def _reconcile(self, listed: User) -> None:
        # Of several processes that reconcile at once, one gets past this; the others get Stale.
        user = self.users.update(listed.id, self.marked, revisions=[listed.revision])
        if user.state is State.ACTIVE:  # left by an identity provider that the settings no longer name
            self.users.update(user.id, if_ticket(ticket_of(user), User.settled))
        else:
            self.finish_deletion(user)

    def _purge(self, guest: User) -> None:
        if guest.state is State.ACTIVE:
            guest = self.users.update(guest.id, expired(self.buried))
        self.remove_owned(guest)
        self.users.remove(guest)
