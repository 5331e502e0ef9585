"""Sends signed events to the URLs of webhooks (https://www.standardwebhooks.com), to public addresses only."""

import ipaddress
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import Any

from src.domain.values import InvalidValue
from src.domain.webhooks import ATTEMPT
from src.infrastructure.tracing import span

_log = logging.getLogger("portero.webhooks")

MAX_URL = 2000
_MAX_HOST, _PORTS = 253, range(1, 1 << 16)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64, _COMPATIBLE = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("fec0::/10")
"""Networks of one site, which the standard library takes for public: of translators, and site-local addresses."""
_METADATA = {*map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200"))}
"""Addresses at which clouds give secrets to their machines, and that are not link-local."""

Resolve = Callable[[str, int], Sequence[str]]
"""A function that returns the addresses of a host. It raises OSError or UnicodeError if there are none."""


class NotAllowed(Exception):
    """The URL leads to an address to which no webhook may be sent."""


class HttpWebhookSender:
    """Sends events by POST. Implements WebhookSender.

    Production takes https and public addresses only. Development takes http and private addresses too, but never
    link-local ones, where clouds keep secrets. The name of a host is resolved once for each attempt, and the connection
    goes to the address that was checked, so that another answer of the name server changes nothing. Redirects are not
    followed, no proxy is used, and nothing of an answer is kept but its status.
    """

    def __init__(self, *, production: bool, resolve: Resolve | None = None, seconds: float = ATTEMPT.total_seconds()):
        """Limit an attempt to ``seconds`` in all."""
        self._production, self._seconds = production, seconds
        self._resolve = resolve or _addresses
        self._resolvers = ThreadPoolExecutor(40, "resolver")

    def check(self, url: str) -> None:
        """Raise InvalidValue if deliveries may not be sent to ``url``. The name of its host is not resolved."""
        import httpx2  # only a process that adds or delivers needs it

        try:
            parsed = httpx2.URL(url)
            parsed.raw_host.decode("ascii").encode("idna")  # refuses labels of 0 characters and of more than 63
        except (httpx2.InvalidURL, UnicodeError):
            parsed = httpx2.URL()
        is_possible = 0 < len(parsed.raw_host) <= _MAX_HOST and (parsed.port is None or parsed.port in _PORTS)
        schemes = ("https",) if self._production else ("https", "http")
        if len(url) > MAX_URL or parsed.scheme not in schemes or not is_possible or not url.isprintable():
            raise InvalidValue("url", "Give an https URL of a public host.")
        if parsed.userinfo:
            raise InvalidValue("url", "Leave the user and the password out of the URL; deliveries are signed.")
        try:
            literal = ipaddress.ip_address(parsed.host)
        except ValueError:
            return  # a name, which is looked up for each attempt
        if not self._is_allowed(literal):
            raise InvalidValue("url", "Give an https URL of a public host.")

    def send(self, url: str, id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> int | None:
        """Post an event once. Return the status of the answer, or None if there was none in time."""
        import httpx2
        from standardwebhooks import Webhook

        headers = {
            "content-type": "application/json",
            "user-agent": "portero",
            "accept-encoding": "identity",
            "webhook-id": id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(Webhook(secret).sign(id, at, body) for secret in secrets),
        }
        by = time.monotonic() + self._seconds
        try:
            self.check(url)  # the settings may have changed since it was added
            with span("call", "CLIENT", {"peer.service": "A webhook", "http.request.method": "POST"}) as found:
                status = found["http.response.status_code"] = self._post(url, headers, body.encode(), by)
                return status
        except (httpx2.HTTPError, OSError, UnicodeError, TooSlow, NotAllowed, InvalidValue, ssl.SSLError) as error:
            _log.info("a webhook was not reached: %s", type(error).__name__)
            return None

    def _post(self, text: str, headers: dict[str, str], body: bytes, by: float) -> int:
        import httpx2

        url = httpx2.URL(text)
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        looked_up: Future[Sequence[str]] = self._resolvers.submit(self._resolve, url.host, port)
        addresses = looked_up.result(timeout=max(0.0, by - time.monotonic()))
        if not addresses or not all(self._is_allowed(ipaddress.ip_address(each)) for each in addresses):
            raise NotAllowed
        pinned = url.copy_with(host=addresses[0])
        host = url.netloc.decode("ascii")
        with _ending(by) as trace:
            left = max(0.01, by - time.monotonic())
            extensions = {"sni_hostname": url.raw_host.decode("ascii"), "trace": trace}
            with (
                httpx2.Client(verify=self._tls, trust_env=False, timeout=left) as client,
                client.stream(
                    "POST", pinned, headers={**headers, "host": host}, content=body, extensions=extensions
                ) as response,
            ):
                return response.status_code

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        import httpx2

        return httpx2.create_ssl_context()

    def _is_allowed(self, address: _Address) -> bool:
        inner = _unmapped(address)
        if self._production:
            return inner.is_global and not inner.is_multicast and not any(inner in each for each in _LOCAL)
        unsafe = inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner in _METADATA
        return not (unsafe or address.is_link_local)


def _unmapped(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64 or address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@contextmanager
def _ending(by: float) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Yield a trace function that shuts the connection down at the time ``by``, even during the TLS handshake.

    The timeouts of httpx2 apply to each read, so that an answer which arrives byte by byte never exceeds them. The
    connection is shut down through another descriptor of its socket, because TLS takes over the first one.
    """
    held: list[socket.socket] = []

    def end() -> None:
        for each in held:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def trace(event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            own = info["return_value"].get_extra_info("socket")
            held.append(socket.socket(fileno=os.dup(own.fileno())))

    timer = threading.Timer(max(0.0, by - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield trace
    finally:
        timer.cancel()
        for each in held:
            each.close()
