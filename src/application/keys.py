"""The service with which users manage their keys, and the operator those of others."""

from collections.abc import Sequence
from dataclasses import dataclass

from src.application.accounts import changes
from src.application.caller import Caller, caller_must_exist
from src.application.ports import Clock
from src.domain.errors import FieldError, Forbidden, Invalid, NotFound
from src.domain.events import OPERATOR
from src.domain.keys import MAX_KEYS, Key, KeyRepository
from src.domain.messages import Translatable
from src.domain.receipts import IdempotentCreate
from src.domain.sessions import NO_CLIENT, Client
from src.domain.users import User, UserRepository, require_visible
from src.domain.values import Page, Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyService:
    """Makes, lists and removes keys. Keys are long-lived, and outlast the session in which they are made."""

    keys: KeyRepository
    users: UserRepository
    clock: Clock

    def add(
        self,
        caller: Caller,
        name: str,
        scope: Scope,
        days: int | None,
        client: Client,
        idempotent: IdempotentCreate[Key] | None = None,
    ) -> tuple[Key, str]:
        """Make a key, which works for a number of days or until it is removed. Return it with its text.

        The text is shown this once. A user with factors needs a proof with two factors of the last ten minutes. Keys
        that have expired make room for the new one. Raises Forbidden for guests and keys; InsufficientAuthentication,
        InvalidToken, Invalid for a user with too many keys, Repeated, Unavailable.
        """
        caller.require_person()
        if caller.user.role is Role.GUEST:
            raise Forbidden("Guests have no keys; register first.")
        user, now = caller.user, self.clock()
        caller.require_recent_two_factors(now)
        key, text = Key.new(user.id, name, scope, days, now)
        old = self.keys.list_for_user(user.id).items if len(user.keys) >= MAX_KEYS else ()
        expired = {each.id for each in old if each.has_expired(now)}

        def change(stored: User) -> User:
            caller.require_current(stored, now)
            kept = stored.without_keys(now, expired)
            if len(kept.keys) >= MAX_KEYS:
                message = Translatable("You have {most} keys, which is the limit; remove one first.", most=MAX_KEYS)
                raise Invalid(FieldError("name", "too_many", message))
            return kept.with_key(key.id, scope, now)

        events = changes(client, user.actor, now, caller.session_id)
        receipt = idempotent.receipt_for(key) if idempotent else None
        with caller_must_exist():
            return self.keys.add(key, change, events=events, receipt=receipt), text

    def list_by_operator(self, user: User) -> Sequence[Key]:
        """List all keys of a user on the command line, the newest first."""
        return self.keys.list_for_user(user.id).items

    def list(self, caller: Caller, cursor: str | None, limit: int) -> Page[Key]:
        """List your keys, the newest first. Raises Forbidden for a key, InvalidCursor."""
        caller.require_person()
        return self.keys.list_for_user(caller.user.id, cursor, limit)

    def remove(self, caller: Caller, id: str, client: Client) -> None:
        """Remove one of your keys, which is refused from then on. Raises Forbidden for a key; NotFound."""
        caller.require_person()
        user, now = caller.user, self.clock()

        def change(stored: User) -> User:
            caller.require_current(stored, now)
            if id not in stored.keys:
                raise NotFound("You have no such key.")
            return stored.without_keys(now, [id])

        self.users.update(user.id, change, events=changes(client, user.actor, now, caller.session_id))

    def remove_by_operator(self, user: User) -> None:
        """Remove all keys of a user on the command line. Raises NotFound, Unavailable."""
        now = self.clock()
        events = changes(NO_CLIENT, OPERATOR, now)
        self.users.update(user.id, lambda stored: require_visible(stored).without_keys(now), events=events)
