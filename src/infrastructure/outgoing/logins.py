"""Asks the system that knew the users before whether a login is right, with requests signed as Standard Webhooks.

See https://www.standardwebhooks.com.
"""

import json
import secrets
from collections.abc import Callable, Sequence

from src.application.ports import Clock, KnownUser
from src.domain.errors import AttemptFailed
from src.domain.messages import Translatable
from src.domain.users import PROFILE_PARSERS
from src.domain.values import new_id
from src.infrastructure.outgoing.circuit import Circuit
from src.infrastructure.outgoing.http import PromptDestination

_NAME = Translatable("The system that knew the users before")
SECONDS = 5.0
"""The longest time of a question."""
_ERRORS = ("error", "errors")
"""Members of an answer that some systems give with status 200 when they cannot answer."""


class FormerLogins:
    """Asks another system, by POST to ``url``, whether it accepts a login. Implements LoginSource.

    The body has the members ``username`` or ``email``, and ``password``. The system accepts the login with status 200
    and a JSON object that has no error, and rejects it with a status of 400 to 499. Each of ``keys`` signs the request.
    Raises ValueError for a URL that cannot be used.
    """

    def __init__(
        self,
        url: str,
        keys: Callable[[], Sequence[bytes]],
        clock: Clock,
        *,
        seconds: float = SECONDS,
        circuit: Circuit | None = None,
    ) -> None:
        self._service = PromptDestination(url, circuit or Circuit(_NAME), seconds=seconds)
        self._keys, self._clock = keys, clock

    def ask(self, kind: str, login: str, password: str) -> KnownUser | None:
        from standardwebhooks import Webhook  # only a service that migrates logins needs it

        body, id, now = json.dumps({kind: login, "password": password}), new_id(), self._clock()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Webhook(key).sign(id, now, body) for key in self._keys()),
        }
        answer = self._service.ask_now("POST", headers, body.encode())
        if 400 <= answer.status < 500:
            return None
        if answer.status != 200:
            raise AttemptFailed(self._service.says("{service} answered with status {status}.", status=answer.status))
        try:
            user = answer.json()
        except ValueError:
            user = None
        if not isinstance(user, dict) or not user.keys().isdisjoint(_ERRORS):
            raise AttemptFailed(self._service.says("{service} sent an answer that cannot be understood."))
        texts = {name: value for name, value in user.items() if isinstance(value, str)}
        details = {name: texts[name] for name in PROFILE_PARSERS if name in texts}
        return KnownUser(texts.get("username"), texts.get("email"), user.get("email_verified") is True, details)

    def check(self) -> None:
        if self.ask("username", f"check-{secrets.token_hex(8)}", secrets.token_urlsafe()):
            raise AttemptFailed(self._service.says("{service} accepts a random name and password."))
