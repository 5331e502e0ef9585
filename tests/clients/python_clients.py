"""The blocking client and the async client of Python under one interface, on the real service."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal

from portero_client import AsyncPortero, MemoryTokens, Portero, TokenPair, TokenStore


@dataclass
class Device:
    """A client, its tokens, and the paths that it has asked for. ``fail`` breaks the requests of a path."""

    client: Portero
    tokens: TokenStore
    asked: list[str] = field(default_factory=list)
    fail: set[str] = field(default_factory=set)

    def spoil(self) -> None:
        """Replace the access token by one that the service refuses, as it refuses an expired one."""
        tokens = self.tokens.load()
        assert tokens
        self.tokens.save(TokenPair("expired", tokens.refresh_token))

    def sends(self, request: httpx2.Request) -> None:
        """Record a request before it is sent."""
        self.asked.append(request.url.path)
        if request.url.path in self.fail:
            raise httpx2.ConnectError("The network is down.")


class Waiting:
    """An async client whose methods wait for the result. Calls of several threads are tasks of one event loop."""

    def __init__(self, client: AsyncPortero, portal: BlockingPortal) -> None:
        self._client = client
        self._portal = portal

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found
        return lambda *arguments, **named: self._portal.call(self._finish, found, arguments, named)

    async def _finish(self, call: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        result = call(*arguments, **named)
        if isinstance(result, AsyncIterator):
            return iter([item async for item in result])
        return await result


@contextmanager
def blocking(url: str, tokens: TokenStore | None = None) -> Iterator[Device]:
    """A device with the blocking client."""
    store = tokens or MemoryTokens()
    http = httpx2.Client()
    with Portero(url, tokens=store, http=http) as client:
        device = Device(client, store)
        http.event_hooks = {"request": [device.sends]}
        yield device


@contextmanager
def waiting(url: str, tokens: TokenStore | None = None) -> Iterator[Device]:
    """A device with the async client."""
    store = tokens or MemoryTokens()
    with start_blocking_portal() as portal:
        http = httpx2.AsyncClient()
        client = AsyncPortero(url, tokens=store, http=http)
        device = Device(cast(Portero, Waiting(client, portal)), store)

        async def sends(request: httpx2.Request) -> None:
            device.sends(request)

        http.event_hooks = {"request": [sends]}
        yield device
        portal.call(client.close)
