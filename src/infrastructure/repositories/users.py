"""The repository of users, with the claims on their names and the roster of admins."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from src.domain.errors import InvalidInvitation, LastAdmin, NotFound, Taken
from src.domain.events import NO_EVENTS, Event, Recorded
from src.domain.receipts import Receipt
from src.domain.sign_ins import NEVER
from src.domain.users import Claim, FactorKind, PendingChange, ProviderLink, Standing, State, User
from src.domain.values import Email, Page, Role, Scope, Username, batches
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.repositories.claims import claim_key, claim_writes
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.invitations import Invitations
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.sign_ins import SignIns
from src.infrastructure.stores.driver import Delete, Insert, Key, PreconditionFailed, Update, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import FACTORS, INVITATIONS, KEYS, ROSTERS, SPENT, USERS

_ADMINS = Key(ROSTERS, "admins")
_DOCUMENTS = 4
"""The documents of a new user: the user, the claims on the username and the e-mail address, and the last sign-in."""
# A call of the enumeration would take six times as long.
_ROLES = {role.value: role for role in Role}
_STATES = {state.value: state for state in State}


class Users(Documents[User]):
    """Stores users. Implements UserRepository."""

    def __init__(self, store: Store, recorder: Recorder | None = None, *, remembers_names: bool = False) -> None:
        """Keep hashes of the names that users free if ``remembers_names`` is true."""
        super().__init__(
            store,
            USERS,
            User,
            recorder,
            role=_ROLES.__getitem__,
            state=_STATES.__getitem__,
            address_changes=lambda count: count or 0,
            metadata=lambda value: value or {},
            custom_claims=lambda value: value or {},
            mirrored_claims=lambda names: tuple(names or ()),
            factors=lambda kinds: {id: FactorKind(kind) for id, kind in (kinds or {}).items()},
            keys=lambda scopes: {id: Scope(scope) for id, scope in (scopes or {}).items()},
        )
        self._invitations, self._sign_ins = Invitations(store), SignIns(store)
        self._remembers_names = remembers_names

    def add(self, user: User, receipt: Receipt | None = None, *, events: Sequence[Event] = ()) -> User:
        """Store a new user in one commit. For an admin, the roster of admins is read before the commit."""
        return retry_conflicts(lambda: self._save(None, user, receipt, events=events))

    def add_with_unused_names(self, user: User, *, events: Sequence[Event] = ()) -> User:
        former = claim_writes(frozenset(), {claim.former for claim in user.claims}, user.id)
        return self.add_with(user, *former, events=events)

    def add_with(self, user: User, *others: Write, events: Sequence[Event] = ()) -> User:
        """Store a new user, and commit ``others`` and the events with it.

        Raises Taken, and PreconditionFailed if one of ``others`` fails.
        """
        return retry_conflicts(lambda: self._save(None, user, None, *others, events=events))

    def add_all(self, users: Sequence[User]) -> set[str]:
        """Store new users, several in a commit. If one of them is refused, each user takes a commit of its own."""
        refused: set[str] = set()
        admins = [user for user in users if user.is_active_admin]  # each changes the roster
        others = [user for user in users if not user.is_active_admin]
        at_once = max(1, self._store.commit_writes // _DOCUMENTS)
        for group in (*([admin] for admin in admins), *batches(others, at_once)):
            try:
                if len(group) == 1:
                    self.add(group[0])
                else:
                    writes = [[self.write(user), *self._related_writes(None, user)] for user in group]
                    self._store.commit(*chain.from_iterable(writes))
            except PreconditionFailed:
                for user in group:
                    refused |= self.add_all([user])
            except Taken:
                refused.add(group[0].id)
        return refused

    def update_with(
        self,
        id: str,
        change: Callable[[User], User],
        *others: Write,
        events: Recorded[User] = NO_EVENTS,
        receipt: Receipt | None = None,
    ) -> User:
        """Apply ``change``, a pure function, to a user, and commit ``others``, the events and the receipt with it.

        Return the user. Raises NotFound without the user, Repeated, the errors of ``change``, and PreconditionFailed if
        one of ``others`` fails.
        """

        def attempt() -> User:
            old = self.get(id)
            if old is None:
                raise NotFound("There is no such user.")
            new = change(old)
            return self._save(old, new, receipt, *others, events=events(old, new))

        return retry_conflicts(attempt)

    def holders(self, claims: Collection[Claim]) -> dict[Claim, str]:
        """Return the ids of the users that hold these claims. Takes one read."""
        keys = {claim: claim_key(claim) for claim in claims}
        found = self._store.get(*keys.values())
        return {claim: stored.fields["holder_id"] for claim, stored in zip(keys, found, strict=True) if stored}

    def by_claim(self, claim: Claim) -> User | None:
        """Return the user with a username or an e-mail address. Takes one query."""
        found = self._page(f"{claim.kind}_key", start=claim.key, until=claim.key, limit=1).items
        return found[0] if found else None

    def remove(self, user: User) -> bool:  # type: ignore[override]
        """Remove a user if its stored revision has not changed. Return whether it was removed."""
        return self._remove_unchanged(user)

    def has_admin(self) -> bool:
        return bool(self._admins()[0])

    def find(
        self, *, only: Role | Standing | None = None, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> Page[User]:
        # No username key is that long or has this character. Firestore refuses to compare with a text of more than
        # 1500 bytes, and PostgreSQL with this character.
        if len(prefix) > Username.MAX_KEY or "\0" in prefix:
            return Page([], None)
        name, value = only.condition if isinstance(only, Standing) else ("role", only and only.value)
        equal = {"state": State.ACTIVE.value} | ({name: value} if only else {})
        # U+10FFFF is not a character, so that it comes after every text that starts with the prefix.
        bounds = {"start": prefix, "until": prefix + "\U0010ffff"} if prefix else {}
        return self._page("username_key", equal=equal, cursor=cursor, limit=limit, **bounds)

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[User]:
        return self._page("reconcile_since", until=before, limit=limit)

    def expired(self, now: datetime, since: datetime | None = None, limit: int = 100) -> Page[User]:
        return self._page("expires_at", start=since, until=now, limit=limit)

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        attributes = super()._attributes(fields)
        name_key = attributes.pop("username_key")
        del attributes["email_key"], attributes["has_factors"]  # they follow from the address and the factors
        if name_key is not None:
            attributes["username"] = Username(attributes["username"], name_key)
        if attributes["email"] is not None:
            attributes["email"] = Email(attributes["email"])
        reserved, since = attributes.pop("reserved"), attributes.pop("reconcile_since")
        if since is not None:
            attributes["pending"] = PendingChange(since, tuple(Claim(kind, key) for kind, key in reserved or ()))
        valid_since, project = attributes.pop("provider_valid_since"), attributes.pop("provider_project")
        if valid_since is not None:
            attributes["provider"] = ProviderLink(valid_since, project)
        return attributes

    def _special_fields(self, entity: User) -> dict[str, Any]:
        pending, link = entity.pending, entity.provider
        return {
            "username": entity.username.display if entity.username else None,
            "username_key": entity.username.key if entity.username else None,
            "email": entity.email.address if entity.email else None,
            "email_key": entity.email.key if entity.email else None,
            "reserved": [[claim.kind, claim.key] for claim in pending.reserved] or None if pending else None,
            "reconcile_since": pending.since if pending else None,
            "provider_valid_since": link.valid_since if link else None,
            "provider_project": link.project if link else None,
            "factors": dict(entity.factors) or None,
            "keys": dict(entity.keys) or None,
            "metadata": dict(entity.metadata) or None,
            "custom_claims": dict(entity.custom_claims) or None,
            "mirrored_claims": [*entity.mirrored_claims] or None,
        }

    def _related_writes(self, old: User | None, new: User) -> Sequence[Write]:
        claims = claim_writes(old.claims if old else frozenset(), new.claims, new.id)
        removed = [Delete(Key(FACTORS, id)) for id in (old.factors if old else ()) if id not in new.factors]
        removed += [Delete(Key(KEYS, id)) for id in (old.keys if old else ()) if id not in new.keys]
        others = [*self._former_writes(old, new), *self._roster_writes(old, new), *self._invitation_writes(old, new)]
        if new.keeps_last_sign_in and not (old and old.keeps_last_sign_in):
            others.append(self._sign_ins.write_day(new.id, new.updated_at if old else NEVER))
        return [*claims, *removed, *others]

    def _former_writes(self, old: User | None, new: User) -> list[Write]:
        """Return the writes that remember the names that a change frees. Takes a read if it frees any."""
        freed = {claim.former for claim in (old.claims if old else frozenset()) - new.claims}
        if not freed or not self._remembers_names:
            return []
        return claim_writes(frozenset(), freed - self.holders(freed).keys(), new.id)

    def _refusal(self, failed: PreconditionFailed, new: User) -> Exception:
        if failed.keys == {_ADMINS} or any(key.collection is INVITATIONS for key in failed.keys):
            return Conflict()
        if any(key.collection in (FACTORS, SPENT) for key in failed.keys):
            return failed  # evidence, which is committed with the user
        kinds = {claim_key(each): claim.kind for claim in new.claims for each in (claim, claim.former)}
        if failed.keys - {*kinds, _ADMINS, self._key(new.id)}:
            return failed  # a write that ``update_with`` has added
        return Taken(*sorted({kinds.get(key, "id") for key in failed.keys - {_ADMINS}}, reverse=True))

    def _invitation_writes(self, old: User | None, new: User) -> list[Write]:
        """Return the write that marks a new user's invitation as accepted, or a deleted user's as not accepted.

        The invitation is changed at the revision that was read, so that of several users with one invitation only one
        succeeds. Raises InvalidInvitation if it has been accepted or removed.
        """
        gives_back = new.state is State.DELETED
        comes_in = new.state is State.ACTIVE and (old is None or old.state is State.PENDING or not old.invitation_id)
        if not new.invitation_id or not (comes_in or gives_back):
            return []
        invitation = self._invitations.get(new.invitation_id)
        if gives_back and (invitation is None or invitation.user_id != new.id):
            return []  # it was not accepted
        if invitation is None or (comes_in and invitation.user_id):
            raise InvalidInvitation
        return [self._invitations.write(invitation.accepted(new.id if comes_in else None))]

    def _admins(self) -> tuple[set[str], str | None]:
        """Return the ids of the active admins, and the revision of the roster that lists them."""
        [roster] = self._store.get(_ADMINS)
        return (set(roster.fields["members"]), roster.revision) if roster else (set(), None)

    def _roster_writes(self, old: User | None, new: User) -> list[Write]:
        """Return the write that keeps the roster of active admins up to date.

        Every change of the roster is committed at its revision, so that two admins cannot demote each other at
        the same time. Raises LastAdmin when the roster would become empty.
        """
        if (old is not None and old.is_active_admin) == new.is_active_admin:
            return []
        members, revision = self._admins()
        members = members | {new.id} if new.is_active_admin else members - {new.id}
        if not members:
            raise LastAdmin
        fields = {"members": sorted(members)}
        return [Update(_ADMINS, fields, revision) if revision else Insert(_ADMINS, fields)]
