"""The clients: the generated operations, sent by httpx2."""

from collections.abc import AsyncIterator, Iterator
from typing import Self, TypeVar

import httpx2
from pydantic import TypeAdapter

from portero_client.operations import AsyncOperations, Operations
from portero_client.problems import Problem
from portero_client.requests import Request, next_cursor, read
from portero_client.session import MemoryTokens, SessionAuth, TokenStore, changes_session

TIMEOUT = httpx2.Timeout(60, connect=5)

T = TypeVar("T")


class Portero(Operations):
    """A client of the service at a URL, for any number of threads.

    ``tokens`` keeps the session, in memory by default. ``http`` is an httpx2 client with other timeouts, proxies or
    certificates; closing this client closes it too. An operation raises ``Problem`` when the service refuses it.
    """

    def __init__(self, url: str, *, tokens: TokenStore | None = None, http: httpx2.Client | None = None) -> None:
        self._url = url.rstrip("/")
        self._http = http or httpx2.Client(timeout=TIMEOUT)
        self._auth = SessionAuth(MemoryTokens() if tokens is None else tokens, self._url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The tokens stay in their store."""
        self._http.close()

    @property
    def logged_in(self) -> bool:
        """Whether there are tokens. They may have expired."""
        return self._auth.store.load() is not None

    def _call(self, request: Request, answer: TypeAdapter[T]) -> T:
        value = read(self._send(request), answer)
        if changes_session(request, value):
            with self._auth.lock:
                self._auth.follow(request, value)
        return value

    def _pages(self, request: Request, page: TypeAdapter[list[T]]) -> Iterator[T]:
        response = self._send(request)
        yield from read(response, page)
        while cursor := next_cursor(response):
            response = self._send(request, cursor)
            yield from read(response, page)

    def _download(self, request: Request) -> Iterator[bytes]:
        response = self._send(request, stream=True)
        try:
            if not response.is_success:
                response.read()
                raise Problem.of(response)
            yield from response.iter_bytes()
        finally:
            response.close()

    def _send(self, request: Request, cursor: str | None = None, *, stream: bool = False) -> httpx2.Response:
        sent = self._http.build_request(**request.arguments(self._url, cursor))
        auth = None if request.session == "none" else self._auth
        # The service never redirects, and a redirect could lead a password or a refresh token to another host.
        return self._http.send(sent, auth=auth, stream=stream, follow_redirects=False)


class AsyncPortero(AsyncOperations):
    """A client of the service at a URL, for asyncio and trio.

    ``tokens`` keeps the session, in memory by default. ``http`` is an httpx2 client with other timeouts, proxies or
    certificates; closing this client closes it too. An operation raises ``Problem`` when the service refuses it.
    """

    def __init__(self, url: str, *, tokens: TokenStore | None = None, http: httpx2.AsyncClient | None = None) -> None:
        self._url = url.rstrip("/")
        self._http = http or httpx2.AsyncClient(timeout=TIMEOUT)
        self._auth = SessionAuth(MemoryTokens() if tokens is None else tokens, self._url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. The tokens stay in their store."""
        await self._http.aclose()

    @property
    def logged_in(self) -> bool:
        """Whether there are tokens. They may have expired."""
        return self._auth.store.load() is not None

    async def _call(self, request: Request, answer: TypeAdapter[T]) -> T:
        value = read(await self._send(request), answer)
        if changes_session(request, value):
            async with self._auth.async_lock:
                self._auth.follow(request, value)
        return value

    async def _pages(self, request: Request, page: TypeAdapter[list[T]]) -> AsyncIterator[T]:
        response = await self._send(request)
        for item in read(response, page):
            yield item
        while cursor := next_cursor(response):
            response = await self._send(request, cursor)
            for item in read(response, page):
                yield item

    async def _download(self, request: Request) -> AsyncIterator[bytes]:
        response = await self._send(request, stream=True)
        try:
            if not response.is_success:
                await response.aread()
                raise Problem.of(response)
            async for chunk in response.aiter_bytes():
                yield chunk
        finally:
            await response.aclose()

    async def _send(self, request: Request, cursor: str | None = None, *, stream: bool = False) -> httpx2.Response:
        sent = self._http.build_request(**request.arguments(self._url, cursor))
        auth = None if request.session == "none" else self._auth
        # The service never redirects, and a redirect could lead a password or a refresh token to another host.
        return await self._http.send(sent, auth=auth, stream=stream, follow_redirects=False)
