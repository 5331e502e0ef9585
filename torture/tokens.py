"""Forged tokens at every protected route, and as cookies at every page that needs a session."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from flask import Flask

from tests.support.forged_tokens import FORGED, Good, wrong_claims
from tests.support.matrix import ACCESS, console_cells, guarded_app
from tests.support.world import Answer, Client, client_of, join, place
from tests.web.surfer import Surfer
from torture.runs import Rounds, Target

_ROUTES = sorted(route for route, access in ACCESS.items() if access.needs_token and route[1] != "/metrics")
_REPLACED = 40


def forged_from(token: str, random: Random) -> Iterator[str]:
    """Yield every forged token, and some with one character replaced at random."""
    good = Good(token)
    yield from (forge(good) for forge in FORGED.values())
    yield from (good.with_claims(**claims) for claims in wrong_claims(int(time.time())).values())
    yield from mutated_from(token, random)


def mutated_from(token: str, random: Random) -> Iterator[str]:
    """Yield a token or cookie with one character replaced at random, cut, and lengthened."""
    for _ in range(_REPLACED):
        at = random.randrange(len(token) - 1)  # the last character has bits that do not count
        yield token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    yield from (token[:-2], token + "AA", token[::-1], token.swapcase(), "")


def _ask(client: Client, method: str, url: str, token: str) -> Answer:
    return client.open(url, method=method, environ_overrides={"HTTP_AUTHORIZATION": f"Bearer {token}"})


def refuse_at_route(app: Flask, method: str, path: str, random: Random) -> Counter[str]:
    """Assert that a route refuses every forged token, while the token that they are made from is remembered."""
    client, counts = client_of(app), Counter[str]()
    anna = join(client, "admin")
    url = place(client, anna, method, path).replace("{code}", "taken")
    for token in forged_from(anna.token, random):
        assert client.get("/user", headers=anna.headers).status_code == 200  # its signature is remembered
        assert _ask(client, method, url, token).status_code == 401, (method, path, token)
        counts += {"forged tokens refused": 1, "valid tokens accepted": 1}
    assert _ask(client, method, url, anna.token).status_code != 401, (method, path)
    return counts + Counter({"valid tokens accepted": 1, "routes": 1})


def refuse_at_page(app: Flask, path: str, random: Random) -> Counter[str]:
    """Assert that a page asks for a sign-in, whatever is forged as its session cookie."""
    anna, visitor, counts = join(client_of(app), "admin"), Surfer(app), Counter[str]()
    visitor.sign_in(anna.user["username"])
    cookie = visitor.cookie()
    forged = [*forged_from(anna.token, random), *mutated_from(cookie, random), anna.token, anna.refresh]
    for value in forged:
        header = f"portero={value}".encode("utf-8", "replace").decode("latin-1")
        answer = Surfer(app).open(path, environ_overrides={"HTTP_COOKIE": header})
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/console/signin"), (path, value)
        counts += {"forged cookies refused": 1}
    assert "/console/signin" not in (visitor.open(path).location or ""), path
    return counts + Counter({"valid cookies accepted": 1, "pages": 1})


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: one for each route and page."""
    app = guarded_app()
    pages = sorted(
        {cell.path for cell in console_cells(app) if cell.method == "GET" and cell.roles and "<" not in cell.path}
    )

    def play(number: int, random: Random) -> Counter[str]:
        app = guarded_app()
        if number < len(_ROUTES):
            return refuse_at_route(app, *_ROUTES[number], random)
        return refuse_at_page(app, pages[number - len(_ROUTES)], random)

    yield Rounds(len(_ROUTES) + len(pages), play)


TOKENS = Target("tokens", "Every forged token is refused at every protected route and page", opened)
