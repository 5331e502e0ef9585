"""A new password, in the store and at the identity provider."""

from dataclasses import dataclass, replace

from src.application.accounts.steps import Change
from src.application.accounts.sync import Accounts
from src.application.ports import Audit
from src.domain.users import User


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Gives a user a new password; every session ends, but one to keep."""

    accounts: Accounts
    audit: Audit

    def __call__(
        self, id: str, password: str, reason: str, *, check: Change = lambda user: user, keep: str | None = None
    ) -> None:
        """``password`` has passed the policy; the event has the ``reason``, and ``check`` sees the stored user first.

        Raises NotFound, Unavailable, and whatever ``check`` raises.
        """
        identity, clock = self.accounts.identity, self.accounts.clock
        kept = identity.keep(password)

        def ended(user: User) -> User:
            return user.without_sessions(clock(), keep)

        # Sessions first: a crash in between leaves the old password and no other session, never the reverse.
        user = self.accounts.change(id, lambda stored: replace(ended(check(stored)), password_hash=kept))
        self.audit("sessions-ended", {"user_id": id, "reason": reason})
        if identity.remote:
            identity.set_password(user, password)
            # And again: until a moment ago the old password still got new ones.
            self.accounts.change(id, ended)
            identity.sessions_ended()
