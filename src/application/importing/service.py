"""The service that imports users of other systems, with the hashes of their passwords."""

import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from src.application.caller import Caller
from src.application.importing.factors import with_factors
from src.application.importing.keys import with_keys
from src.application.importing.records import (
    HashOptions,
    HashParser,
    ImportPlan,
    NewUser,
    NotImportable,
    Refusal,
    UserRecord,
)
from src.application.importing.users import user_of
from src.application.input_rules import InputRules
from src.application.ports import Clock, PasswordHasher, Sealer
from src.domain.errors import FieldError, Invalid, NotFound, Unavailable
from src.domain.events import OPERATOR, EventRepository, EventType
from src.domain.factors import FactorRepository
from src.domain.messages import Translatable
from src.domain.sessions import NO_CLIENT, Client
from src.domain.users import Claim, State, User, UserRepository
from src.domain.values import batches

BATCH = 100
"""The users that are looked up, or stored, at a time."""
_MAX_SEALED = 900_000
"""The maximum number of characters of an encrypted file. A form with it has to be smaller than 1 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportService:
    """Imports users for the operator, and for admins with a recent proof of identity."""

    users: UserRepository
    factors: FactorRepository
    sealer: Sealer
    hasher: PasswordHasher | None
    """None if an identity provider keeps the passwords."""
    rules: InputRules
    parse_hash: HashParser
    events: EventRepository
    clock: Clock

    def require(self, by: Caller | None) -> None:
        """Raise Forbidden or InsufficientAuthentication unless ``by`` may import users. None is the operator."""
        if by:
            by.require_recent_admin(self.clock())

    def seal_file(self, file: bytes, by: Caller) -> str:
        """Encrypt a file for the form that an admin sends back after the preview. Return the encrypted text.

        Raises Invalid for a file that is too large, and the errors of ``require``.
        """
        self.require(by)
        text = self.sealer.seal(zlib.compress(file), f"import {by.user.id}")
        if len(text) > _MAX_SEALED:
            raise Invalid(FieldError("file", "too_large", "Import a file of this size with `./portero users import`."))
        return text

    def open_file(self, text: str, by: Caller) -> bytes:
        """Return the file in a text that ``seal_file`` has encrypted for the same admin.

        Raises Invalid for any other text, and the errors of ``require``.
        """
        self.require(by)
        try:
            return zlib.decompress(self.sealer.open(text, f"import {by.user.id}"))
        except (Unavailable, ValueError):
            raise Invalid(FieldError("file", "invalid", "Choose the file again.")) from None

    def plan(
        self, records: Iterable[UserRecord], source: str, options: HashOptions, by: Caller | None = None
    ) -> ImportPlan:
        """Check every record, and write nothing.

        ``source`` is a digest of the file. The ids of users are made from it, so that a repeated import finds the users
        that an interrupted one has stored. ``by`` is the admin who imports, or None for the operator. Raises
        NotImportable if the identity provider keeps the passwords itself, and the errors of ``require``.
        """
        self.require(by)
        if self.hasher is None:
            raise NotImportable("Firebase Auth keeps the passwords: import the file with `firebase auth:import`.")
        refused: list[Refusal] = []
        found: list[NewUser] = []
        places: dict[Claim, str] = {}
        for record in records:
            try:
                user = user_of(record, source, options, self.rules, self.parse_hash, self.clock())
                user, factors = with_factors(user, record, self.sealer)
                user, keys = with_keys(user, record)
                unique = sorted({*user.claims, Claim("id", user.id)}, key=lambda claim: claim.kind)
                for claim in unique:
                    if earlier := places.get(claim):
                        raise NotImportable.because(claim.kind, Translatable("{user} has it too.", user=earlier))
                places |= dict.fromkeys(unique, record.place)
                found.append(NewUser(record.place, user, factors, keys, record.password, record.left))
            except NotImportable as error:
                refused.append(Refusal(record.place, error.message))
        new: list[NewUser] = []
        without_password: list[NewUser] = []
        present = 0
        for batch in batches(found, BATCH):
            stored = self.users.get_many(*(each.user.id for each in batch))
            holders = self.users.holders({claim for each in batch for claim in each.user.claims})
            for each, same in zip(batch, stored, strict=True):
                claims = [claim for claim in each.user.claims if holders.get(claim, each.user.id) != each.user.id]
                if same and same.state is State.ACTIVE:
                    if each.has_password and same.password_hash is None:
                        without_password.append(each)
                    else:
                        present += 1
                elif same:
                    gone = NotImportable.because("id", "a user with this id has been deleted.")
                    refused.append(Refusal(each.place, gone.message))
                elif claims:
                    kinds = ", ".join(sorted(claim.kind for claim in claims))
                    taken = NotImportable.because(kinds, "a user of this service has it.")
                    refused.append(Refusal(each.place, taken.message))
                else:
                    new.append(each)
        return ImportPlan(new, without_password, refused, present)

    def run(
        self, plan: ImportPlan, by: Caller | None = None, client: Client = NO_CLIENT
    ) -> Generator[tuple[int, Sequence[Refusal]], None, None]:
        """Store the users of a plan in batches. A run can be interrupted and repeated.

        Yields for each batch the number of stored users, and the users that could not be stored: since the plan was
        made, their names have been taken, or they were deleted. Raises the errors of ``require``.
        """
        self.require(by)
        imported = 0
        try:
            for count, refused in self._stored(plan):
                imported += count
                yield count, refused
        finally:
            if imported:
                actor, session_id = (by.user.actor, by.session_id) if by else (OPERATOR, None)
                kind, now = EventType.USERS_IMPORTED, self.clock()
                self.events.add(client.event(kind, None, actor, now, session_id, count=imported))

    def _stored(self, plan: ImportPlan) -> Iterator[tuple[int, Sequence[Refusal]]]:
        for batch in batches(plan.new, BATCH):
            hashed = {each.place: self._hashed(each) for each in batch}
            refused = self.users.add_all([user for user in hashed.values() if not (user.factors or user.keys)])
            for each in batch:
                if each.factors or each.keys:
                    stored = self.factors.add_user(hashed[each.place], each.factors, each.keys)
                    refused |= set() if stored else {each.user.id}
            places = [place for place, user in hashed.items() if user.id in refused]
            yield (
                len(batch) - len(places),
                [
                    Refusal(place, Translatable("its name, one of its passkeys or one of its keys is taken."))
                    for place in places
                ],
            )
        for each in plan.without_password:
            try:
                self.users.update(each.user.id, partial(_with_hash, hash=self._hashed(each).password_hash))
            except NotFound:
                yield 0, [Refusal(each.place, Translatable("the user has just been deleted."))]
            else:
                yield 1, []

    def _hashed(self, new: NewUser) -> User:
        if new.password is None:
            return new.user
        assert self.hasher
        return replace(new.user, password_hash=self.hasher.hash_password(new.password))


def _with_hash(user: User, hash: str | None) -> User:
    """Return the user with a hash, unless the user has set a password meanwhile. Raises NotFound for a deleted user."""
    if user.state is not State.ACTIVE:
        raise NotFound
    return replace(user, password_hash=user.password_hash or hash)
