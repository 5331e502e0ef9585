"""The service that lists, shows and adds users."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from src.application.accounts import Accounts
from src.application.caller import Caller
from src.application.ports import Clock, EmailParser
from src.domain.errors import InvalidCursor
from src.domain.events import OPERATOR, EventType
from src.domain.passwords import NewPassword
from src.domain.receipts import IdempotentCreate
from src.domain.sessions import NO_CLIENT, Client
from src.domain.sign_ins import NEVER, SignedIn, SignInRepository, day_of
from src.domain.users import Claim, Profile, Standing, User, UserRepository, require_visible
from src.domain.values import InvalidValue, Page, Role, Username, fold

_PAGES_OF_NAMES = 10
"""The pages of the list by username at most that one page of a list by name and last sign-in is searched in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryService:
    """Lists, shows and adds users."""

    users: UserRepository
    sign_ins: SignInRepository
    accounts: Accounts
    parse_email: EmailParser
    clock: Clock

    def list(
        self,
        caller: Caller,
        prefix: str | None,
        email: str | None,
        only: Role | Standing | SignedIn | None,
        cursor: str | None,
        limit: int,
    ) -> Page[User]:
        """List the users by username, without guests. Everyone sees `id` and `username`.

        Admins and auditors see whole users, and may filter by the beginning of the username, the e-mail address, and
        either the role, the standing or the last sign-in: each is read from an index, and no index has two of them. A
        list by the last sign-in has the earliest first. With the beginning of a username, it is the list by username
        without the users who do not match, and a page may be empty before the last one.

        Raises InvalidCursor; Forbidden or InsufficientAuthentication if anybody else uses a filter.
        """
        if not caller.user.role.sees_everybody and (prefix, email, only) != (None, None, None):
            raise caller.refusal("Only admins and auditors may filter users.", Role.ADMIN, Role.AUDITOR)
        if isinstance(only, SignedIn):
            return self._by_sign_in(caller, prefix, email, only, cursor, limit)
        prefix = fold(prefix or "")
        if email is None:
            return self.users.find(only=only, prefix=prefix, cursor=cursor, limit=limit)
        user = self._by_email(email)
        if user is None or not user.is_visible or not user.matches(only):
            return Page([])
        return Page([user] if user.username and user.username.key.startswith(prefix) else [])

    def last_sign_ins(self, by: Caller, users: Iterable[User]) -> dict[str, datetime]:
        """Return the day of the last sign-in of each user who has a known one, read in one round trip.

        ``by`` is an auditor or an admin. Raises Forbidden, InsufficientAuthentication.
        """
        by.require_auditor()
        return self.sign_ins.days(user.id for user in users)

    def show(self, id: str) -> User:
        """See a user. Admins, auditors and the user itself see every property, others see only `id` and `username`.

        The returned ``User`` is complete: the interface leaves out what the caller may not see. Raises NotFound, also
        for guests and deleted users.
        """
        return require_visible(self.users.get(id))

    def get_many(self, by: Caller, ids: Collection[str]) -> dict[str, User]:
        """Return the visible users with these ids, by id, read in one round trip. ``by`` is an auditor or an admin.

        Raises Forbidden, InsufficientAuthentication.
        """
        by.require_auditor()
        return {user.id: user for user in self.users.get_many(*ids) if user and user.is_visible} if ids else {}

    def add(
        self,
        profile: Profile,
        password: NewPassword | None,
        by: Caller | None = None,
        client: Client = NO_CLIENT,
        idempotent: IdempotentCreate[User] | None = None,
    ) -> User:
        """Add a person. The username is random if none is given. A person without a password cannot log in.

        ``by`` is the admin who adds the person, or None for the operator. Raises Forbidden, InsufficientAuthentication,
        Taken, Unavailable, Repeated.
        """
        now, username = self.clock(), profile.get("username") or Username.random()
        user = User.new(now=now, **(profile | {"username": username}))
        if by:
            by.require_may_grant(user.role, now)
        actor = by.user.actor if by else OPERATOR
        event = client.event(EventType.USER_ADDED, user.id, actor, now, role=user.role.value)
        return self.accounts.create(user, password, idempotent, [event])

    def _by_sign_in(
        self,
        caller: Caller,
        prefix: str | None,
        email: str | None,
        only: SignedIn,
        cursor: str | None,
        limit: int,
    ) -> Page[User]:
        today, cursor = _split(cursor) if cursor is not None else (day_of(self.clock()), None)
        try:
            first, last = only.bounds(today)
        except OverflowError:
            raise InvalidCursor from None
        if not (prefix or email):
            found = self.sign_ins.find(first, last, cursor, limit)
            users = self.users.get_many(*(each.id for each in found.items))
            return Page([user for user in users if user and user.is_visible], _joined(today, found.next))
        for _ in range(_PAGES_OF_NAMES):
            named = self.list(caller, prefix, email, None, cursor, limit)
            days = self.sign_ins.days(user.id for user in named.items)
            matching = [user for user in named.items if first <= days.get(user.id, NEVER) <= last]
            cursor = named.next
            if matching or not cursor:
                return Page(matching, _joined(today, cursor))
        return Page([], _joined(today, cursor))

    def _by_email(self, text: str) -> User | None:
        with suppress(InvalidValue):
            return self.users.by_claim(Claim("email", self.parse_email(text).key))
        return None


def _joined(today: datetime, cursor: str | None) -> str | None:
    """Return the cursor of a list by last sign-in, which carries the day of the first page.

    The bounds of a period change at midnight. A list that began before goes on with those of its first page.
    """
    return cursor and f"{today:%Y-%m-%d}.{cursor}"


def _split(cursor: str) -> tuple[datetime, str]:
    """Return the day of the first page, and the cursor of the store. Raises InvalidCursor."""
    day, _, rest = cursor.partition(".")
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC), rest
    except ValueError:
        raise InvalidCursor from None
