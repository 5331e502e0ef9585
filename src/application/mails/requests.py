"""The service with which people request mails with links."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from src.application.limits import (
    MAILS,
    MAILS_FROM_EVERYWHERE,
    MAILS_TO_ADDRESS,
    Count,
    RateLimiter,
    network,
    subnet,
)
from src.application.notices import Outbox
from src.domain.errors import FieldError, Invalid, NotFound, TooManyRequests
from src.domain.mails import MailKind
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Email


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRequestService:
    """Sends mails with links to people who request them, within limits."""

    outbox: Outbox
    limiter: RateLimiter
    enabled: bool
    """Whether there is a mail server, or a folder for mails in development."""

    def request(self, kind: MailKind, address: Email, client: Client) -> None:
        """Send a mail with a link to this address if a user has it.

        The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network
        has limits of its own, so that no stranger uses up the mails of the owner. Raises NotFound if this service sends
        no mails; Unavailable.
        """
        sender = (Count(MAILS, network(client)), Count(MAILS_TO_ADDRESS, f"{subnet(client)} {address.key}"))
        self._accept(kind, address, client, sender, [Count(MAILS_FROM_EVERYWHERE, f"{kind} {address.key}")])

    def request_verification(self, user: User, client: Client) -> None:
        """Send a mail with a link that proves your address.

        Only requests with a token of the account count, so that nobody else can use up its mails. Raises Invalid for a
        user without an address; NotFound, Unavailable.
        """
        if user.email is None:
            raise Invalid(FieldError("email", "required", "Your account has no e-mail address; set one first."))
        address = Count(MAILS_TO_ADDRESS, f"verify {subnet(client)} {user.email.key}")
        everywhere = Count(MAILS_FROM_EVERYWHERE, f"{MailKind.VERIFY} {user.email.key}")
        self._accept(MailKind.VERIFY, user.email, client, [Count(MAILS, user.id), address], [everywhere])

    def _accept(self, kind: MailKind, address: Email, client: Client, *limits: Sequence[Count]) -> None:
        """Store a mail unless a limit is exceeded.

        The groups of ``limits`` are counted one after another. If a group refuses the mail, the next groups do not
        count it.
        """
        if not self.enabled:
            raise NotFound("This service sends no mails.")
        with suppress(TooManyRequests):
            for counts in limits:
                self.limiter.hit(*counts)
            self.outbox.add(kind, address, client.language)
