"""Users and the claims on their names, over the store driver."""

import base64
import hashlib
import random
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from src.domain.errors import NotFound, Stale, Taken, Unavailable
from src.domain.users import Claim, State, User
from src.domain.values import Email, Page, Role, Username
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
)
from src.infrastructure.stores.schema import CLAIMS, USERS

_PATIENCE = 5.0
"""Seconds for which an update that keeps losing to others is tried again."""


class Users:
    """See UserRepository."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, user: User) -> User:
        """See UserRepository; one commit and no read."""
        key = Key(USERS, user.id)
        claims = {_claim_key(claim): claim for claim in user.claims}
        try:
            revisions = self._store.commit(
                Insert(key, _fields(user)),
                *(Insert(place, _claim_fields(claim, user.id)) for place, claim in claims.items()),
            )
        except PreconditionFailed as failed:
            raise _taken(claims[place].kind if place in claims else "id" for place in failed.keys) from None
        return replace(user, revision=revisions[key])

    def get(self, id: str) -> User | None:
        """See UserRepository; one read."""
        [document] = self._store.get(Key(USERS, id))
        return _user(document) if document else None

    def by_claim(self, claim: Claim) -> User | None:
        """See UserRepository; two reads."""
        [document] = self._store.get(_claim_key(claim))
        user = self.get(document.fields["user_id"]) if document else None
        return user if user and claim in user.claims else None  # renamed between the reads, it holds it no more

    def update(self, id: str, change: Callable[[User], User], *, revisions: Collection[str] | None = None) -> User:
        """See UserRepository; a read and a commit when nobody is in the way."""
        give_up = time.monotonic() + _PATIENCE
        while time.monotonic() < give_up:
            old = self.get(id)
            if old is None:
                raise NotFound
            if revisions is not None and old.revision not in revisions:
                raise Stale
            new = change(old)
            if new == old:
                return old
            key = Key(USERS, id)
            added = {_claim_key(claim): claim for claim in new.claims - old.claims}
            try:
                stored = self._store.commit(
                    Update(key, _fields(new), old.revision),
                    *(Insert(place, _claim_fields(claim, id)) for place, claim in added.items()),
                    *(Delete(_claim_key(claim)) for claim in old.claims - new.claims),
                )
            except PreconditionFailed as failed:
                if key not in failed.keys:
                    raise _taken(added[place].kind for place in failed.keys) from None
                time.sleep(random.uniform(0, 0.02))  # noqa: S311 - only spreads those who lost apart
                continue
            return replace(new, revision=stored[key])
        raise Unavailable("Too many changes to this account at once; try again.", 1)

    def find(self, *, role: Role | None = None, cursor: str | None = None, limit: int = 100) -> Page[User]:
        """See UserRepository."""
        equal = {"state": State.ACTIVE.value} | ({"role": role.value} if role else {})
        return self._page(Query(USERS, "username_key", equal, cursor=cursor, limit=limit))

    def unsettled(self, before: datetime, limit: int = 100) -> Page[User]:
        """See UserRepository."""
        return self._page(Query(USERS, "unsettled_since", until=before, limit=limit))

    def _page(self, query: Query) -> Page[User]:
        page = self._store.find(query)
        return Page([_user(document) for document in page.items], page.next)


def _claim_key(claim: Claim) -> Key:
    digest = hashlib.sha256(f"{claim.kind}:{claim.key}".encode()).digest()
    return Key(CLAIMS, base64.urlsafe_b64encode(digest).decode().rstrip("="))


def _claim_fields(claim: Claim, user_id: str) -> Fields:
    return {"kind": claim.kind, "user_id": user_id}


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
        "token_generation": user.token_generation,
        "tokens_void_before": user.tokens_void_before,
        "reserved": [[claim.kind, claim.key] for claim in user.reserved],
        "unsettled_since": user.unsettled_since,
    }


def _user(document: Document) -> User:
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
