"""HTTP calls that end: no retries but of connecting, one deadline for the whole answer, a limit on its size."""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry

_MAX_BYTES = 1 << 20


class BoundedAdapter(HTTPAdapter):
    """A transport for ``requests`` whose answers are read whole within the read timeout, or raise Timeout."""

    def __init__(self) -> None:
        super().__init__(max_retries=Retry(total=1, connect=1, read=False, status=0, backoff_factor=0.1))

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> ProxyManager:
        """See HTTPAdapter."""
        manager: ProxyManager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """See HTTPAdapter."""
        response = super().send(request, *arguments, **{**options, "stream": True})
        content = bytearray()
        try:
            for chunk in response.iter_content(1 << 16):
                content += chunk
                if len(content) > _MAX_BYTES:
                    raise requests.ConnectionError("the answer is too large", request=request)
        finally:
            response.close()
        response._content = bytes(content)
        return response


class _Reader(io.RawIOBase):
    """The stream of a socket with one deadline for all reads; a socket's own timeout begins anew with each."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        seconds = sock.gettimeout()
        assert seconds is not None, "a call without a timeout"
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer is too slow")
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}
