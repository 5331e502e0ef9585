"""Users and the claims on their names, over the store driver."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from src.domain.errors import LastAdmin, Stale, Taken
from src.domain.receipts import Once, Receipt
from src.domain.users import Claim, State, User
from src.domain.values import Email, Page, Role, Username
from src.infrastructure.repositories.claims import claim_key, insert_claim
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.repositories.updates import Overtaken, optimistically
from src.infrastructure.stores.base import (
    Delete,
    Document,
    Fields,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Update,
    Write,
)
from src.infrastructure.stores.schema import ROSTERS, USERS


class Users:
    """See UserRepository."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._receipts = Receipts(store)

    def add(self, user: User, receipt: Receipt | None = None) -> User:
        """See UserRepository; one commit and no read, but for admins."""
        key = Key(USERS, user.id)
        claims = {claim_key(claim): claim for claim in user.claims}

        def write(user: User) -> User:
            try:
                revisions = self._receipts.commit(
                    receipt,
                    Insert(key, _fields(user)),
                    *(insert_claim(claim, user.id) for claim in claims.values()),
                    *self._roster_change(None, user),
                )
            except PreconditionFailed as failed:
                if failed.keys == {_ADMINS}:
                    raise Overtaken from None
                places = failed.keys - {_ADMINS}
                raise _taken(claims[place].kind if place in claims else "id" for place in places) from None
            return replace(user, revision=revisions[key])

        return optimistically(lambda: user, write)

    def get(self, id: str) -> User | None:
        """See UserRepository; one read."""
        [document] = self._store.get(Key(USERS, id))
        return user_of(document) if document else None

    def by_claim(self, claim: Claim) -> User | None:
        """See UserRepository; two reads."""
        [document] = self._store.get(claim_key(claim))
        user = self.get(document.fields["user_id"]) if document else None
        return user if user and claim in user.claims else None  # renamed between the reads, it holds it no more

    def update(
        self,
        id: str,
        change: Callable[[User], User],
        *,
        revisions: Collection[str] | None = None,
        once: Once[User] | None = None,
    ) -> User:
        """See UserRepository; a read and a commit when nobody is in the way."""
        key = Key(USERS, id)

        def write(old: User) -> User:
            if revisions is not None and old.revision not in revisions:
                raise Stale
            new = change(old)
            if new == old:
                return old
            added = {claim_key(claim): claim for claim in new.claims - old.claims}
            try:
                stored = self._receipts.commit(
                    once.answered(new) if once else None,
                    Update(key, _fields(new), old.revision),
                    *(insert_claim(claim, id) for claim in added.values()),
                    *(Delete(claim_key(claim)) for claim in old.claims - new.claims),
                    *self._roster_change(old, new),
                )
            except PreconditionFailed as failed:
                if key in failed.keys or failed.keys == {_ADMINS}:
                    raise Overtaken from None
                raise _taken(added[place].kind for place in failed.keys if place in added) from None
            return replace(new, revision=stored[key])

        return optimistically(lambda: self.get(id), write)

    def remove(self, user: User) -> bool:
        """See UserRepository."""
        try:
            self._store.commit(Delete(Key(USERS, user.id), user.revision))
        except PreconditionFailed:
            return False
        return True

    def has_admin(self) -> bool:
        """See UserRepository."""
        return bool(self._admins()[0])

    def find(
        self, *, role: Role | None = None, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> Page[User]:
        """See UserRepository."""
        equal = {"state": State.ACTIVE.value} | ({"role": role.value} if role else {})
        query = Query(USERS, "username_key", equal, prefix=prefix or None, cursor=cursor, limit=limit)
        return self._page(query)

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[User]:
        """See UserRepository."""
        return self._page(Query(USERS, "reconcile_since", until=before, limit=limit))

    def expired(self, now: datetime, limit: int = 100) -> Page[User]:
        """See UserRepository."""
        return self._page(Query(USERS, "expires_at", until=now, limit=limit))

    def _page(self, query: Query) -> Page[User]:
        page = self._store.find(query)
        return Page([user_of(document) for document in page.items], page.next)

    def _admins(self) -> tuple[set[str], str | None]:
        """Who rules, and the revision of the roster that says so."""
        [roster] = self._store.get(_ADMINS)
        return (set(roster.fields["members"]), roster.revision) if roster else (set(), None)

    def _roster_change(self, old: User | None, new: User) -> list[Write]:
        """What keeps the roster of admins true. Raises LastAdmin when it would become empty.

        All who change it meet at its revision: two admins cannot demote each other at once.
        """
        if (old is not None and old.is_active_admin) == new.is_active_admin:
            return []
        members, revision = self._admins()
        members = members | {new.id} if new.is_active_admin else members - {new.id}
        if not members:
            raise LastAdmin
        fields = {"members": sorted(members)}
        return [Update(_ADMINS, fields, revision) if revision else Insert(_ADMINS, fields)]


_ADMINS = Key(ROSTERS, "admins")


def _taken(fields: Iterable[str]) -> Taken:
    return Taken(*sorted(fields, reverse=True))


def _fields(user: User) -> Fields:
    return {
        "username": user.username.display if user.username else None,
        "username_key": user.username.key if user.username else None,
        "email": user.email.address if user.email else None,
        "email_verified": user.email_verified,
        "name": user.name,
        "last_name": user.last_name,
        "role": user.role.value,
        "disabled": user.disabled,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "password_hash": user.password_hash,
        "state": user.state.value,
        "session_epoch": user.session_epoch,
        "kept_session": user.kept_session,
        "sessions_ended_at": user.sessions_ended_at,
        "expires_at": user.expires_at,
        "reserved": [[claim.kind, claim.key] for claim in user.reserved],
        "reconcile_since": user.reconcile_since,
    }


def user_of(document: Document) -> User:
    """The user that a document of the collection users holds."""
    stored = dict(document.fields)
    username, key, email = stored.pop("username"), stored.pop("username_key"), stored.pop("email")
    return User(
        id=document.key.id,
        username=None if username is None else Username(username, key),
        email=None if email is None else Email(email),
        role=Role(stored.pop("role")),
        state=State(stored.pop("state")),
        reserved=tuple(Claim(kind, name) for kind, name in stored.pop("reserved")),
        revision=document.revision,
        **stored,
    )
