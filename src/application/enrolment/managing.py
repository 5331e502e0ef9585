"""The service with which users manage their second factors, and admins reset the factors of other users."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from src.application.accounts import Accounts, changes
from src.application.caller import Caller
from src.application.enrolment.adding import factor_added
from src.application.factors import ProofService
from src.application.factors.recovery import new_recovery_factor
from src.application.notices import Notices
from src.domain.errors import FieldError, Invalid, InvalidToken, LastSignIn, NotFound
from src.domain.events import OPERATOR, Actor, EventType, always
from src.domain.factors import NO_EVIDENCE, Factor
from src.domain.mails import MailKind
from src.domain.sessions import NO_CLIENT, Client
from src.domain.users import FactorKind, User, UserRepository, require_visible
from src.domain.values import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorService:
    """Lists, renames and removes second factors, and renews recovery codes.

    A change of the factors needs a proof with two factors of the last ten minutes.
    """

    proofs: ProofService
    users: UserRepository
    accounts: Accounts
    notices: Notices
    mails_enabled: bool
    """Whether users can log in by mail."""

    def list(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Factor]:
        """List the second factors of a user, the newest first."""
        return self.proofs.factors.list_for_user(user_id, cursor, limit)

    def list_for_user(self, id: str, cursor: str | None, limit: int) -> Page[Factor]:
        """List the second factors of a user, the newest first, for admins. Raises NotFound."""
        return self.list(require_visible(self.users.get(id)).id, cursor, limit)

    def rename(self, user: User, id: str, name: str | None) -> Factor:
        """Give one of your factors another name. Raises NotFound."""
        if id not in user.factors:
            raise _no_such_factor()
        return self.proofs.factors.update(id, lambda factor: replace(factor, name=name))

    def remove(self, caller: Caller, id: str, client: Client) -> None:
        """Remove one of your factors. The recovery codes end with the last other factor.

        Raises InsufficientAuthentication, NotFound, and LastSignIn for the only way to sign in to the account.
        """
        now, kind = self.proofs.clock(), caller.user.factors.get(id)
        caller.require_recent_two_factors(now)

        def change(stored: User) -> User:
            caller.require_current(stored, now)
            if id not in stored.factors:
                raise _no_such_factor()
            left = stored.without_factors([id], now)
            if self._needs_passkey(left) and FactorKind.PASSKEY not in left.factors.values():
                raise LastSignIn
            return left

        if kind is None:
            raise _no_such_factor()
        self.users.update(caller.user.id, change, events=changes(client, caller.user.actor, now, caller.session_id))
        self.notices.send(MailKind.FACTOR_REMOVED, caller.user, client, factor=kind.value)

    def renew_codes(self, caller: Caller, client: Client) -> Sequence[str]:
        """Make new recovery codes, which end the old ones. They are shown this once.

        Raises InsufficientAuthentication, Invalid for a user without factors, AlreadyUsed, Unavailable.
        """
        now, user = self.proofs.clock(), caller.user
        caller.require_recent_two_factors(now)
        if not user.factors:
            raise Invalid(FieldError("factors", "required", "Recovery codes come with your first factor."))
        codes, factor = new_recovery_factor(user, now)
        [old] = self.proofs.factors.get_many(factor.id)
        factor = replace(factor, revision=old.revision if old else "")

        def change(stored: User) -> User:
            caller.require_current(stored, now)
            if not stored.factors:
                raise InvalidToken
            return stored.with_factor(factor.id, factor.kind, now)

        added = factor_added(caller, client, factor.kind, now)
        self.proofs.factors.save([factor], user.id, change, NO_EVIDENCE, events=always(added))
        self.notices.send(MailKind.RECOVERY_CODES_RENEWED, user, client)
        return codes

    def reset(self, caller: Caller, id: str, client: Client) -> None:
        """Remove all factors of a user who has lost them, and end the sessions and the keys of the user.

        Raises Forbidden, InsufficientAuthentication, NotFound, Unavailable.
        """
        caller.require_admin()
        caller.require_recent_two_factors(self.proofs.clock())
        self._reset(id, caller.user.actor, client)

    def reset_by_operator(self, user: User) -> None:
        """Remove all factors of a user as ``reset`` does, on the command line. Raises NotFound, Unavailable."""
        self._reset(user.id, OPERATOR, NO_CLIENT)

    def _reset(self, id: str, actor: Actor, client: Client) -> None:
        now = self.proofs.clock()
        ended = client.event(EventType.SESSIONS_ENDED, id, actor, now, reason="factors-reset")
        record = changes(client, actor, now)

        def change(stored: User) -> User:
            user = require_visible(stored)
            return user.without_factors(user.factors, now).without_keys(now).without_sessions(now)

        user = self.accounts.end_sessions(id, change, lambda before, after: [*record(before, after), ended])
        self.notices.send(MailKind.FACTORS_RESET, user, client)

    def _needs_passkey(self, user: User) -> bool:
        """Return whether a passkey is the only way in which the user can sign in."""
        by_mail = self.mails_enabled and user.email is not None
        return not by_mail and not self.accounts.may_have_sign_ins(user)


def _no_such_factor() -> NotFound:
    return NotFound("You have no such factor.")
