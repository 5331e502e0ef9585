"""The clients' verifiers refuse the tokens that the service refuses, with the keys that it publishes."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx2
import pytest

from portero_client import MemoryTokens, Portero
from portero_client.verify import (
    AuthError,
    Forbidden,
    InvalidToken,
    StepUpNeeded,
    Unauthenticated,
    Unavailable,
    Verifier,
)
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from tests.e2e.service import PASSWORD, portero
from tests.support.forged_tokens import EC_KEY, FORGED, STRANGE_KEY, Good, wrong_claims
from tests.support.published_keys import PublishedKeys, published
from tests.support.world import KEY, build, client_of, join

VALID_ELSEWHERE = {
    "claim too many",  # admins may give users their own claims
    "nbf too many",
    "unknown user",  # only the service knows its users
    "user a path",
    "exp a second ago",  # the clocks of two machines differ
    "exp now",
}
"""The tokens that the service refuses, and a verifier in another process accepts."""

Judge = Callable[[str, list[str]], list[int]]
"""Returns for each token the status of the answer, with the keys that a URL publishes."""


def _python(url: str, tokens: list[str]) -> list[int]:
    verifier = Verifier(url)

    def status(token: str) -> int:
        try:
            verifier.verify(token)
        except AuthError as error:
            return error.status
        return 200

    return [status(token) for token in tokens]


_SCRIPT = """
import { AuthError, Verifier } from "portero-client/verify";
let text = "";
for await (const part of process.stdin.setEncoding("utf8")) text += part;
const { url, tokens } = JSON.parse(text);
const verifier = new Verifier(url);
const statuses = [];
for (const token of tokens) {
  const status = verifier.verify(token).then(() => 200, (error) => error instanceof AuthError ? error.status : 500);
  statuses.push(await status);
}
console.log(JSON.stringify(statuses));
"""


@pytest.fixture(params=["python", "typescript"])
def judge(request: pytest.FixtureRequest) -> Judge:
    if request.param == "python":
        return _python
    folder: Path = request.getfixturevalue("typescript")

    def ask(url: str, tokens: list[str]) -> list[int]:
        command = ["node", "--input-type=module", "--eval", _SCRIPT]
        sent = json.dumps({"url": url, "tokens": tokens})
        ran = subprocess.run(command, cwd=folder, input=sent, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
        statuses: list[int] = json.loads(ran.stdout)
        return statuses

    return ask


@pytest.fixture(params=[KEY, EC_KEY], ids=["EdDSA", "ES256"])
def good(request: pytest.FixtureRequest) -> Good:
    key: SigningKey = request.param
    return Good(join(client_of(build(keys=KeyRing(as_jwk_set([key]))))).token, key)


def test_forged_tokens_are_refused_and_valid_ones_accepted(judge: Judge, good: Good) -> None:
    forged = {name: make(good) for name, make in FORGED.items() if good.key is KEY or name != "HS256 with the raw key"}
    if good.key is EC_KEY:
        forged["alg of another key"] = good.with_header(alg="EdDSA")
    now = int(time.time())
    wrong = {name: claims for name, claims in wrong_claims(now).items() if name not in VALID_ELSEWHERE}
    forged |= {name: good.with_claims(**claims) for name, claims in wrong.items()}
    forged["exp more than a minute ago"] = good.with_claims(iat=now - 962, exp=now - 62)
    valid = {
        "as it is": good.token,
        "signed again": good.sign(good.header, good.claims),
        "of an earlier version": good.with_claims(auth_time=..., acr=..., amr=...),
        "ahead by less than a minute": good.with_claims(iat=now + 30),
        "with claims of admins": good.with_claims(team={"names": ["a", 'b": {"c"']}, scope="all"),
    }
    with published(good.key) as keys:
        statuses = judge(keys.url, [*valid.values(), *forged.values()])
    assert dict(zip([*valid, *forged], statuses, strict=True)) == dict.fromkeys(valid, 200) | {
        # No parser of JavaScript tells 1.0 from 1.
        name: 200 if name == "exp a whole float" and judge is not _python else 401
        for name in forged
    }


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def keys() -> Iterator[PublishedKeys]:
    with published(KEY) as keys:
        yield keys


@pytest.fixture
def token() -> Good:
    return Good(join(client_of(build())).token)


def test_no_request_is_lost_when_the_keys_rotate(keys: PublishedKeys, token: Good) -> None:
    clock = Clock()
    verifier = Verifier(keys.url, clock=clock)
    verifier.verify(token.token)
    keys.keys = [STRANGE_KEY, KEY]
    clock.ahead = 61
    new = token.sign({**token.header, "kid": STRANGE_KEY.kid}, token.claims, STRANGE_KEY)
    start = Barrier(20)

    def ask(number: int) -> str:
        start.wait()
        return verifier.verify([new, token.token][number % 2]).id

    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(ask, range(20))) == {token.claims["sub"]}
    assert keys.asked == 2


def test_unknown_keys_are_asked_for_once_a_minute(keys: PublishedKeys, token: Good) -> None:
    clock = Clock()
    verifier = Verifier(keys.url, clock=clock)
    verifier.verify(token.token)
    for minute in range(3):
        clock.ahead = 61 * minute
        for number in range(50):
            with pytest.raises(InvalidToken):
                verifier.verify(token.with_header(kid=f"unknown-{number}"))
    assert keys.asked == 3


def test_the_last_keys_are_kept_while_the_service_is_away(keys: PublishedKeys, token: Good) -> None:
    clock = Clock()
    verifier = Verifier(keys.url, clock=clock)
    verifier.verify(token.token)
    keys.is_down = True
    clock.ahead = 700
    for _ in range(5):
        verifier.verify(token.token)
    assert keys.asked == 2
    with pytest.raises(Unavailable):
        verifier.verify(token.with_header(kid="unknown"))
    keys.is_down, keys.keys, clock.ahead = False, [STRANGE_KEY], 770
    with pytest.raises(InvalidToken):  # its key was withdrawn
        verifier.verify(token.token)


def test_without_any_keys_the_error_is_clear_and_passes(keys: PublishedKeys, token: Good) -> None:
    clock = Clock()
    verifier = Verifier(keys.url, clock=clock)
    keys.is_down = True
    with pytest.raises(Unavailable, match="does not answer"):
        verifier.verify(token.token)
    keys.is_down, clock.ahead = False, 2
    assert verifier.verify(token.token).role == "user"


def test_a_header_must_prove_what_is_required(keys: PublishedKeys, token: Good) -> None:
    clock = Clock()
    verifier = Verifier(keys.url, clock=clock)
    strong = token.with_claims(acr="aal2", role="admin")
    assert verifier.authenticate(f"bearer {token.token}", max_age=600).acr == "aal1"
    assert verifier.authenticate(f"Bearer {strong}", roles=["admin"], acr="aal2").amr == ("pwd",)
    for header in (None, "", "Bearer", "Bearer ", f"Basic {token.token}", token.token):
        with pytest.raises(Unauthenticated):
            verifier.authenticate(header)
    with pytest.raises(Forbidden):
        verifier.authenticate(f"Bearer {token.token}", roles=["admin"])
    with pytest.raises(Forbidden):
        verifier.authenticate(f"Bearer {token.with_claims(role='guest')}")
    with pytest.raises(StepUpNeeded) as refused:
        verifier.authenticate(f"Bearer {token.token}", acr="aal2", max_age=300)
    wanted = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"'
    assert refused.value.headers == {"WWW-Authenticate": wanted}
    clock.ahead = 301
    with pytest.raises(StepUpNeeded):
        verifier.authenticate(f"Bearer {strong}", max_age=300)


def test_with_introspection_a_revoked_session_counts_at_once(tmp_path: Path) -> None:
    tokens = MemoryTokens()
    settings = {"SERVICE_CREDENTIALS": "billing:correct-horse-battery-staple"}
    with (
        portero(tmp_path, settings) as address,
        Portero(f"http://{address}", tokens=tokens) as client,
        httpx2.Client(timeout=60) as http,
    ):
        client.sign_up(username="anna", email="anna@example.com", password=PASSWORD)
        session = tokens.load()
        assert session
        careful = Verifier(f"http://{address}", introspect=("billing", "correct-horse-battery-staple"), http=http)
        mistaken = Verifier(f"http://{address}", introspect=("billing", "wrong"), http=http)
        hasty = Verifier(f"http://{address}")
        assert careful.verify(session.access_token).id == hasty.verify(session.access_token).id
        with pytest.raises(Unavailable):
            mistaken.verify(session.access_token)
        client.log_out()
        with pytest.raises(InvalidToken):
            careful.verify(session.access_token)
        assert hasty.verify(session.access_token).role == "user"
