"""The authenticated user of a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from src.domain.errors import Forbidden, InvalidToken, NotFound
from src.domain.sessions import Proof, Session
from src.domain.users import User


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user. ``session`` is None if the user has sent a token of the identity provider."""

    user: User
    session: Session | None
    proof: Proof
    """How and when the user has proved who they are, as the token says."""
    signed_in_at: datetime | None = None
    """The time of the sign-in at the identity provider, if the token or its session comes from one."""

    @property
    def session_id(self) -> str | None:
        """The id of the session, or None for a token of the identity provider."""
        return self.session.id if self.session else None

    def require_session(self) -> Session:
        """Return the session. Raises Forbidden for a caller without one."""
        if self.session is None:
            raise Forbidden("A token of the identity provider has no session here; log in to get one.")
        return self.session


@contextmanager
def caller_must_exist() -> Iterator[None]:
    """Raise InvalidToken if the block raises NotFound, which means that the caller has just been removed."""
    try:
        yield
    except NotFound:
        raise InvalidToken from None
