"""Proves the addresses of users by mails, and takes accounts back from strangers who registered them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from src.application.accounts import Accounts, changes
from src.application.accounts.failures import after_failure
from src.application.notices import Notices
from src.application.ports import Clock
from src.domain.errors import InvalidToken, NotFound, Unavailable
from src.domain.events import Event, EventType, Recorded
from src.domain.mails import Mail, MailKind, MailRepository
from src.domain.passwords import NewPassword, PasswordPolicy
from src.domain.sessions import Client
from src.domain.users import User, UserRepository

INVALID = "The link or code is wrong, was used or has expired; ask for a new mail."
"""The message for the token or the code of a mail that is not valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressProofs:
    """Carries out what a mail proves: its recipient owns the address of the account.

    Until then, a stranger may have registered the address, and may have set the password and the factors.
    """

    mails: MailRepository
    users: UserRepository
    notices: Notices
    accounts: Accounts
    passwords: PasswordPolicy
    clock: Clock

    def prove(self, mail: Mail, user: User, client: Client, *, own: bool = False) -> User:
        """Mark the address of a mail as verified, and spend the mail. Return the user.

        If the address was not proved before, the password, the factors and all sessions end, unless ``own`` says that
        the user of the account sends the request. Raises InvalidToken, Unavailable.
        """
        if not own:
            if self.loses_password(user):
                return self.replace_password(mail, user, self.passwords.random(), "address-proved", client)
            user = self._without_keys(mail, user, client)

        def proved(stored: User) -> User:
            if stored.email_verified:
                return stored
            owned = stored if own else self._without_squatter(stored.without_sessions(self.clock()))
            return replace(owned, email_verified=True, updated_at=self.clock())

        def events(before: User, after: User) -> Sequence[Event]:
            verified = changes(client, user.actor, after.updated_at)(before, after)
            if after.session_epoch == before.session_epoch:
                return verified
            ended = EventType.SESSIONS_ENDED
            return [*verified, client.event(ended, user.id, user.actor, after.updated_at, reason="address-proved")]

        self._spend(mail)
        return self._update(mail, proved, events)

    def replace_password(self, mail: Mail, user: User, password: NewPassword, reason: str, client: Client) -> User:
        """Make ``password`` the only way to sign in to the account of a mail, and spend the mail. Return the user.

        If the address was not proved before, the factors of the account end too, also those at the identity provider.

        The commit that ends the sessions voids the token of the mail too, so that the token works once. If the identity
        provider does not answer after that commit, the token becomes valid again: without it, the user would have
        neither the old password nor a way to set a new one. Raises InvalidToken, Unavailable.
        """

        def check(stored: User) -> User:
            self.require_valid(mail, stored)
            if mail.kind is not MailKind.RESET and stored.email_verified:
                raise InvalidToken(INVALID)  # proved meanwhile, so that a simultaneous use may have spent the mail
            return self._without_squatter(stored)

        def prove(stored: User) -> User:
            return replace(stored, email_verified=stored.email_verified or stored.email == mail.address)

        user = self._without_keys(mail, user, client)
        now, record = self.clock(), changes(client, user.actor, self.clock())
        ended = client.event(EventType.SESSIONS_ENDED, user.id, user.actor, now, reason=reason)
        events = [ended, *record(user, self._without_squatter(user))]
        try:
            stored = self.accounts.start_password_change(user.id, password, events, check=check)
            with after_failure(self.mails.update, mail.id, lambda spent: spent.reactivate_token(stored)):
                self.accounts.finish_password_change(
                    stored, password, remove_other_sign_ins=True, remove_second_factors=not stored.email_verified
                )
            # Only now: after a failure in between, the next mail must replace the password again.
            changed = self.users.update(user.id, prove, events=record)
        except NotFound:
            raise InvalidToken(INVALID) from None
        with suppress(Unavailable, NotFound):  # its token is void already
            if mail.kind is MailKind.VERIFY:
                self.mails.update(mail.id, lambda spent: spent.for_new_password(changed, self.clock()))
            else:
                self.mails.remove(mail.id)
        self.notices.send(MailKind.PASSWORD_CHANGED, user, client)
        return changed

    def loses_password(self, user: User) -> bool:
        """Return whether a proof of the address takes away the password, which a stranger may have set."""
        return not user.email_verified and self.accounts.may_have_sign_ins(user)

    def require_valid(self, mail: Mail, user: User) -> None:
        """Raise InvalidToken unless the token of a mail is valid, and is for the user as stored now."""
        if not mail.is_for(user, self.clock()):
            raise InvalidToken(INVALID)

    def _without_keys(self, mail: Mail, user: User, client: Client) -> User:
        """Return the user of a mail, whose keys have ended if its address was not proved before.

        Its factors end after that, because all keys and factors of a user may be too many for one commit. Raises
        InvalidToken, Unavailable.
        """

        def without_keys(stored: User) -> User:
            return stored if stored.email_verified else stored.without_keys(self.clock())

        if user.email_verified or not user.keys:
            return user
        return self._update(mail, without_keys, changes(client, user.actor, self.clock()))

    def _without_squatter(self, user: User) -> User:
        """Return the user without any keys, and also without factors if the address was not proved before.

        A stranger who registered the address of somebody else may have added these factors.
        """
        user = user.without_keys(self.clock())
        return user if user.email_verified else user.without_factors(user.factors, self.clock())

    def _update(self, mail: Mail, change: Callable[[User], User], events: Recorded[User]) -> User:
        """Change the user of a mail. Raises InvalidToken, also for a deleted user, of whom a tombstone is left."""

        def checked(stored: User) -> User:
            self.require_valid(mail, stored)
            return change(stored)

        assert mail.user_id
        return self.users.update(mail.user_id, checked, events=events)

    def _spend(self, mail: Mail) -> None:
        """Spend the token of a mail. Raises InvalidToken if the token was spent before."""
        if not self.mails.spend(mail):
            raise InvalidToken(INVALID)
