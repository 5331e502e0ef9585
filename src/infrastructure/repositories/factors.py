"""The repository of factors, and the writes that use up the evidence of a proof of identity."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from src.domain.errors import AlreadyUsed, Taken
from src.domain.events import NO_EVENTS, Recorded
from src.domain.factors import Evidence, Factor, Passkey, Spent
from src.domain.keys import Key as ApiKey
from src.domain.users import FactorKind, User
from src.infrastructure.repositories.documents import OwnedDocuments
from src.infrastructure.repositories.entities import READ_DOCUMENTS
from src.infrastructure.repositories.keys import Keys
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Insert, Key, PreconditionFailed, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import FACTORS, SPENT, USERS


class Factors(OwnedDocuments[Factor]):
    """Stores factors. Implements FactorRepository."""

    def __init__(self, store: Store, recorder: Recorder | None = None) -> None:
        super().__init__(store, FACTORS, Factor, kind=FactorKind, code_hashes=lambda hashes: tuple(hashes or ()))
        self._users = Users(store, recorder)

    def with_user(
        self, user_id: str, *ids: str, unused: Spent | None = None
    ) -> tuple[User | None, list[Factor | None]]:
        keys = [Key(USERS, user_id), *map(self._key, ids)]
        user, *factors = self._store.get(*keys, *([Key(SPENT, unused.id)] if unused else []))
        if unused and factors.pop():
            raise AlreadyUsed
        return (self._users.entity(user) if user else None), self._entities(factors)

    def save(
        self,
        factors: Sequence[Factor],
        user_id: str,
        change: Callable[[User], User],
        evidence: Evidence,
        *,
        events: Recorded[User] = NO_EVENTS,
    ) -> User:
        """Store factors and change their user. Takes one read and, without conflicts, one commit."""
        writes = [*map(self.write, factors), *self.evidence_writes(evidence)]
        try:
            return self._users.update_with(user_id, change, *writes, events=events)
        except PreconditionFailed as failed:
            passkeys = [each for each in factors if each.kind is FactorKind.PASSKEY and not each.revision]
            if failed.keys & {self._key(each.id) for each in passkeys}:
                raise Taken("passkey") from None
            raise AlreadyUsed from None

    def add_user(self, user: User, factors: Sequence[Factor], keys: Sequence[ApiKey] = ()) -> bool:
        try:
            self._users.add_with(user, *map(self.write, factors), *map(Keys(self._store).write, keys))
        except (Taken, PreconditionFailed):
            return False
        return True

    def all(self) -> Iterator[Factor]:
        """Yield the factors of all users. Takes a read for each page."""
        after: str | None = None
        while page := self._store.scan(FACTORS, after, limit=READ_DOCUMENTS):
            after = page[-1].key.id
            yield from map(self.entity, page)

    def evidence_writes(self, evidence: Evidence) -> list[Write]:
        """Return the writes that use up the evidence.

        A commit with these writes fails if the evidence was used before.
        """
        spent = [Insert(Key(SPENT, each.id), {"expires_at": each.expires_at}) for each in evidence.spent]
        return [*spent, *([self.write(evidence.factor)] if evidence.factor else [])]

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        attributes = super()._attributes(fields)
        names = ("credential_id", "public_key", "counter", "backed_up")
        passkey = Passkey(**{name: attributes.pop(name) for name in names})
        attributes["passkey"] = passkey if passkey.credential_id else None
        return attributes

    def _special_fields(self, entity: Factor) -> dict[str, Any]:
        passkey = entity.passkey
        return {
            "credential_id": passkey.credential_id if passkey else None,
            "public_key": passkey.public_key if passkey else None,
            "counter": passkey.counter if passkey else 0,
            "backed_up": passkey.backed_up if passkey else False,
            "code_hashes": list(entity.code_hashes) or None,
        }
