"""Random pictures of dogs, in the way of https://dog.ceo/dog-api/documentation/random."""

import re
import time
from collections.abc import Callable, Iterable

import httpx2

from src.application.strict_json import strict_json
from src.domain.errors import AttemptFailed
from src.domain.values import InvalidValue
from src.infrastructure.outgoing.http import Destination

_NAME = "The picture service"
_MAX_URL = 2048
# Less than RFC 3986 allows, and nothing that two parsers could read differently: no user, backslash or fragment,
# no other script, no port but the default, and the host is followed by a slash.
_URL = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]://(?P<host>[A-Za-z0-9.-]+)(?::443)?"
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)


class DogPictures:
    """See PictureSource."""

    def __init__(
        self,
        url: str,
        hosts: Iterable[str],
        *,
        timeout: float = 8.0,
        connect: float = 3.0,
        pause: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``url`` answers with the URL of a picture, which is on one of ``hosts``.

        A call takes ``timeout`` seconds at most, of which ``connect`` are for connecting. After five failures in a
        row it is not asked for ``pause`` seconds. Raises ValueError. Connects at the first call.
        """
        self._hosts = [httpx2.URL(scheme="https", host=host).raw_host.decode() for host in hosts]
        self._source = Destination(_NAME, url, connect=connect, idle=timeout - connect, pause=pause, clock=clock)

    def fetch(self) -> str:
        """See PictureSource."""
        answer = self._source.ask("GET")
        if answer.status != 200:
            raise AttemptFailed(f"{_NAME} answered with status {answer.status}.")
        try:
            if not answer.all or answer.encoded:
                raise ValueError("more than was asked for")
            match strict_json(answer.body.decode(), to_store=True):
                case {"status": "success", "message": str(url)}:
                    return self.check(url)
                case _:
                    raise ValueError("something else")
        except InvalidValue:
            raise AttemptFailed(f"{_NAME} named a picture that is not where pictures may come from.") from None
        except ValueError:
            raise AttemptFailed(f"{_NAME} sent an answer that cannot be understood.") from None

    def check(self, url: str) -> str:
        """See PictureSource."""
        parts = _URL.fullmatch(url) if len(url) <= _MAX_URL else None
        if parts is None or parts["host"].lower() not in self._hosts:
            allowed = " or ".join(f"https://{host}/" for host in self._hosts)
            raise InvalidValue("url", f"Use the URL of a picture on {allowed}, of at most {_MAX_URL} characters.")
        return url
