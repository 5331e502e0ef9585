"""Seeing other people, and what admins do with their accounts."""

from collections.abc import Collection
from dataclasses import dataclass

from src.application.accounts import Accounts
from src.application.ports import AddressParser, Audit, Clock
from src.application.users import NewProfile, new_user
from src.domain.errors import FieldError, Forbidden, Invalid, InvalidToken, NotFound
from src.domain.receipts import Once
from src.domain.users import Claim, ProfileChange, User, UserRepository
from src.domain.values import InvalidValue, Page, Role, fold


@dataclass(frozen=True, slots=True)
class ListUsers:
    """The users by username, without guests. Everyone sees `id` and `username`.

    Admins see whole users, and may filter by the beginning of the username, the e-mail address and the role.
    """

    users: UserRepository
    addresses: AddressParser

    def __call__(
        self,
        caller: User,
        prefix: str | None = None,
        email: str | None = None,
        role: Role | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[User]:
        """One page. Raises Forbidden for filters of others than admins, Invalid for a bad cursor."""
        if caller.role is not Role.ADMIN and (prefix, email, role) != (None, None, None):
            raise Forbidden("Only admins may filter users.")
        prefix = fold(prefix or "")
        if email is None:
            return self.users.find(role=role, prefix=prefix, cursor=cursor, limit=limit)
        user = self._by_email(email)
        if user is None or not user.listed or (role and user.role is not role):
            return Page([])
        return Page([user] if user.username and user.username.key.startswith(prefix) else [])

    def _by_email(self, text: str) -> User | None:
        try:
            return self.users.by_claim(Claim("email", self.addresses(text).key))
        except InvalidValue:
            return None


@dataclass(frozen=True, slots=True)
class ShowUser:
    """A user; who is neither that user nor an admin sees `id` and `username`."""

    users: UserRepository

    def __call__(self, id: str) -> User:
        """Raises NotFound, also for guests and for who has been deleted."""
        user = self.users.get(id)
        if user is None or not user.listed:
            raise NotFound("There is no such user.")
        return user


@dataclass(frozen=True, slots=True)
class AddUser:
    """Enter somebody: the username is random if none is given, and without a password there is no login."""

    accounts: Accounts
    audit: Audit
    clock: Clock

    def __call__(
        self, profile: NewProfile, password: str | None, by: User | None = None, once: Once[User] | None = None
    ) -> User:
        """Return the new user, entered ``by`` an admin or the operator; ``password`` has passed the policy.

        Raises Taken, Unavailable, Repeated.
        """
        user = self.accounts.create(new_user(profile, self.clock), password, once)
        self.audit("user-added", {"user_id": user.id, "by": by.id if by else None, "role": user.role})
        return user


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """Change yourself, or as an admin anybody; admins also set `role` and `disabled`, with effect on the next request.

    The last admin cannot be demoted or disabled.
    """

    accounts: Accounts
    audit: Audit
    clock: Clock

    def __call__(self, caller: User, id: str, change: ProfileChange, revisions: Collection[str] | None) -> User:
        """Return the changed user. Raises Forbidden, NotFound, Invalid, Taken, Stale, LastAdmin, Unavailable."""
        require_self_or_admin(caller, id)
        if caller.role is not Role.ADMIN:
            change = ProfileChange(**{k: v for k, v in change.items() if k not in ("role", "disabled")})  # type: ignore[typeddict-item]
        if not change:
            raise Invalid(FieldError("body", "empty", "Give at least one of username, email, name, last_name."))
        now = self.clock()
        user = self.accounts.change(id, lambda user: _changeable(user, caller).changed(change, now), revisions)
        if "role" in change or "disabled" in change:
            self.audit("role-changed", {"user_id": id, "by": caller.id, "role": user.role, "disabled": user.disabled})
        return user


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Delete yourself, or as an admin anybody but the last admin."""

    accounts: Accounts
    audit: Audit

    def __call__(self, caller: User, id: str) -> None:
        """Raises Forbidden, NotFound, LastAdmin, Unavailable."""
        require_self_or_admin(caller, id)
        if id != caller.id:  # guests are nobody's business but their own
            user = self.accounts.users.get(id)
            if user is None or not user.listed:
                raise NotFound("There is no such user.")
        self.accounts.delete(id)
        self.audit("user-deleted", {"user_id": id, "by": caller.id})


def require_self_or_admin(caller: User, id: str) -> None:
    """Raises Forbidden for others than the user with this id and admins."""
    if caller.role is not Role.ADMIN and caller.id != id:
        raise Forbidden("You may change yourself only.")


def _changeable(user: User, caller: User) -> User:
    if not user.listed:
        raise NotFound("There is no such user.")
    if user.id == caller.id and not user.usable:
        raise InvalidToken  # disabled since they were authenticated
    return user
