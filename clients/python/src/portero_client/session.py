"""The tokens of a session: where they are kept, and how a request gets a new access token when its own has expired."""

import json
import os
from collections.abc import AsyncGenerator, Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import mkstemp
from threading import Lock
from typing import Protocol

import anyio
import httpx2
from pydantic import TypeAdapter

from portero_client.models import AccessToken, NewUserWithTokens, Tokens
from portero_client.problems import asks_for_step_up
from portero_client.requests import Request, read

_TOKENS = TypeAdapter(Tokens)


@dataclass(frozen=True)
class TokenPair:
    """An access token, and the refresh token that gets the next pair. Guests have no refresh token."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


class TokenStore(Protocol):
    """A place that keeps the tokens of one session."""

    def load(self) -> TokenPair | None:
        """Return the tokens, or None when nobody is logged in."""

    def save(self, tokens: TokenPair | None) -> None:
        """Replace the tokens. None removes them."""


class MemoryTokens:
    """A token store for one process."""

    def __init__(self, tokens: TokenPair | None = None) -> None:
        self._tokens = tokens

    def load(self) -> TokenPair | None:
        """Return the tokens, or None when nobody is logged in."""
        return self._tokens

    def save(self, tokens: TokenPair | None) -> None:
        """Replace the tokens. None removes them."""
        self._tokens = tokens


class FileTokens:
    """A token store in a file that only its owner can read, so that a script stays logged in."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> TokenPair | None:
        """Return the tokens, or None when nobody is logged in."""
        try:
            return TokenPair(**json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return None

    def save(self, tokens: TokenPair | None) -> None:
        """Replace the tokens. None removes the file."""
        if tokens is None:
            self._path.unlink(missing_ok=True)
            return
        # The rename replaces the file in one step: a crash leaves the tokens of before or the new ones.
        descriptor, scratch = mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)  # with the mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(tokens), file)
            Path(scratch).replace(self._path)
        except OSError:  # such as a full disk
            Path(scratch).unlink(missing_ok=True)
            raise


def changes_session(request: Request, answer: object) -> bool:
    """Whether the tokens have to follow an answer."""
    return request.session == "end" or isinstance(answer, AccessToken | NewUserWithTokens | Tokens)


class SessionAuth(httpx2.Auth):
    """Sends the access token, and after a 401 the request again with a new one.

    Of any number of requests that fail together, the first one refreshes the tokens and the others wait for it. The
    locks are also held when a login or logout changes the tokens, which an older refresh must not overwrite.
    """

    def __init__(self, store: TokenStore, url: str) -> None:
        self.store = store
        self.lock = Lock()
        self.async_lock = anyio.Lock()
        self._refresh_url = f"{url}/auth/refresh"

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Send a request of a blocking client."""
        used = self.store.load()
        response = yield self._signed(request, used)
        if not _has_expired(response) or used is None:
            return
        response.read()  # returns the connection to the pool, which those that wait for the lock could use up
        with self.lock:
            if self.store.load() == used:
                if used.refresh_token:
                    answer = yield self._refreshing(used.refresh_token, request)
                    answer.read()
                    response = answer
                self._keep(response)
        if (current := self.store.load()) and current != used:
            yield self._signed(request, current)

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send a request of an async client."""
        used = self.store.load()
        response = yield self._signed(request, used)
        if not _has_expired(response) or used is None:
            return
        await response.aread()
        async with self.async_lock:
            if self.store.load() == used:
                if used.refresh_token:
                    answer = yield self._refreshing(used.refresh_token, request)
                    await answer.aread()
                    response = answer
                self._keep(response)
        if (current := self.store.load()) and current != used:
            yield self._signed(request, current)

    def follow(self, request: Request, answer: object) -> None:
        """Keep the tokens in an answer, or remove those of a session that the request has ended. A lock is held."""
        if request.session == "end":
            self.store.save(None)
        elif isinstance(answer, Tokens | NewUserWithTokens):
            self.store.save(TokenPair(answer.access_token, answer.refresh_token))
        elif isinstance(answer, AccessToken):
            renewed = self.store.load() if request.session == "use" else None
            self.store.save(TokenPair(answer.access_token, renewed.refresh_token if renewed else None))

    def _signed(self, request: httpx2.Request, tokens: TokenPair | None) -> httpx2.Request:
        if tokens:
            request.headers["Authorization"] = f"Bearer {tokens.access_token}"
        return request

    def _refreshing(self, refresh_token: str, request: httpx2.Request) -> httpx2.Request:
        """Return the request for new tokens, with the timeouts of the request that needs them."""
        body = {"refresh_token": refresh_token}
        return httpx2.Request("POST", self._refresh_url, json=body, extensions=request.extensions)

    def _keep(self, response: httpx2.Response) -> None:
        """Store the tokens of a refresh, or remove tokens that were refused. After another failure, keep them."""
        if response.is_success:
            tokens = read(response, _TOKENS)
            self.store.save(TokenPair(tokens.access_token, tokens.refresh_token))
        elif response.status_code == httpx2.codes.UNAUTHORIZED:
            self.store.save(None)


def _has_expired(response: httpx2.Response) -> bool:
    """Whether another access token could help. It does not where the service asks for another proof of identity."""
    return response.status_code == httpx2.codes.UNAUTHORIZED and not asks_for_step_up(response)
