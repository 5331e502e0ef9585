"""Gets random pictures of dogs from a service with the API of https://dog.ceo/dog-api/documentation/random."""

import re
import time
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from src.domain.errors import AttemptFailed
from src.domain.messages import Translatable, alternatives
from src.domain.values import InvalidValue
from src.infrastructure.outgoing.circuit import Circuit

if TYPE_CHECKING:
    from src.infrastructure.outgoing.http import Destination

_NAME = Translatable("The picture service")
_MAX_URL = 2048
"""The maximum number of characters of a URL. Common browsers and proxies accept URLs of this length."""
# A subset of RFC 3986 that all parsers read in the same way: ASCII without user, backslash or fragment, with no port
# except the default one and with a slash after the host.
_URL = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]://(?P<host>[A-Za-z0-9.-]+)(?::443)?"
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)


class DogPictures:
    """Asks a service for pictures of dogs. Implements PictureSource.

    The service at ``url`` answers with the URL of a picture, which must be on one of ``hosts``. A call takes at most
    ``timeout`` seconds. Resolving the host is not limited, and connecting takes up to ``connect`` seconds for each of
    its addresses.
    """

    def __init__(
        self, url: str, hosts: Iterable[str], *, timeout: float = 8, connect: float = 3, circuit: Circuit | None = None
    ) -> None:
        self._url, self._named_hosts = url, list(hosts)
        self._timeout, self._connect = timeout, connect
        self._circuit = circuit or Circuit(_NAME)

    # The HTTP client is slow to load, and most processes serve long before the first picture.
    @cached_property
    def _hosts(self) -> list[str]:
        """The allowed hosts in the form of URLs: names in other scripts than Latin are written in ASCII (RFC 5891)."""
        from httpx2 import URL

        return [URL(scheme="https", host=host).raw_host.decode() for host in self._named_hosts]

    @cached_property
    def _service(self) -> "Destination":
        from src.infrastructure.outgoing.http import Destination

        return Destination(self._url, self._circuit, connect=self._connect, idle=self._timeout)

    def fetch(self) -> str:
        answer = self._service.ask("GET", by=time.monotonic() + self._timeout)
        if answer.status != 200:
            raise AttemptFailed(self._service.says("{service} answered with status {status}.", status=answer.status))
        try:
            match answer.json():
                case {"status": "success", "message": str(url)}:
                    return self.check(url)
                case _:
                    raise ValueError("not a picture")
        except InvalidValue:
            message = "{service} named a picture that is not where pictures may come from."
            raise AttemptFailed(self._service.says(message)) from None
        except ValueError:
            raise AttemptFailed(self._service.says("{service} sent an answer that cannot be understood.")) from None

    def check(self, url: str) -> str:
        parts = _URL.fullmatch(url) if len(url) <= _MAX_URL else None
        if parts is None or parts["host"].lower() not in self._hosts:
            hosts = alternatives(*(f"https://{host}/" for host in self._hosts))
            message = "Use the URL of a picture on {hosts}, of at most {n} characters."
            raise InvalidValue("url", Translatable(message, hosts=hosts, n=_MAX_URL))
        return url
