"""A process verifies the signature of a token once. Everything else about the token is checked at each request."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask

from src.domain.errors import InvalidToken
from src.domain.sessions import Client as Device
from src.domain.sessions import Session
from src.domain.users import Claim, User
from src.domain.values import Role, Username
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set, write_keys
from tests.support.world import KEY, PASSWORD, Client, Person, build, client_of, join, logged_in, segment, services_of

START = datetime(2030, 1, 1, tzinfo=UTC)


def _log_out(app: Flask, person: Person) -> None:
    client_of(app).post("/auth/logout", headers=person.headers)


def _log_out_everywhere(app: Flask, person: Person) -> None:
    client = client_of(app)
    client.post("/auth/logout-all", headers=logged_in(client, person).headers)


def _end_session(app: Flask, person: Person) -> None:
    client = client_of(app)
    client.delete(f"/auth/sessions/{person.session}", headers=logged_in(client, person).headers)


def _change_password(app: Flask, person: Person) -> None:
    client = client_of(app)
    body = {"current_password": PASSWORD, "new_password": "another zebra battery"}
    client.put("/user/password", json=body, headers=logged_in(client, person).headers)


def _disable(app: Flask, person: Person) -> None:
    services_of(app).administration.set_disabled(Claim("email", person.user["email"]), True)


def _delete(app: Flask, person: Person) -> None:
    client_of(app).delete("/user", headers=person.headers)


@pytest.mark.parametrize("end", [_log_out, _log_out_everywhere, _end_session, _change_password, _disable, _delete])
def test_a_token_in_use_is_refused_on_the_next_request_after(
    end: Callable[[Flask, Person], None], app: Flask, client: Client, anna: Person
) -> None:
    assert [client.get("/user", headers=anna.headers).status_code for _ in range(2)] == [200, 200]
    end(app, anna)
    assert client.get("/user", headers=anna.headers).status_code == 401


def test_a_change_of_role_counts_on_the_next_request(app: Flask, client: Client) -> None:
    admin, _ = join(client, "admin"), join(client, "admin")
    assert client.get("/users?q=a", headers=admin.headers).status_code == 200
    services = services_of(app)
    services.accounts.accounts.change(admin.user["id"], lambda user: replace(user, role=Role.USER))
    assert client.get("/users?q=a", headers=admin.headers).status_code == 403


def test_a_token_in_use_is_refused_once_its_key_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, [KEY], replace=True)
    client = client_of(build(keys=KeyRing(path)))
    anna = join(client)
    for keys, status in (([KEY], 200), ([SigningKey.generate(), KEY], 200), ([SigningKey.generate()], 401)):
        write_keys(path, keys, replace=True)
        assert client.get("/user", headers=anna.headers).status_code == status


class _CountingRing(KeyRing):
    """A key ring that counts the signatures that its key verifies."""

    def __init__(self) -> None:
        super().__init__(as_jwk_set([KEY]))
        self.public_key = Mock(spec=Ed25519PublicKey, wraps=KEY.public)

    def verifying(self, kid: str) -> SigningKey | None:
        return replace(KEY, public=self.public_key) if kid == KEY.kid else None

    @property
    def verified(self) -> int:
        return int(self.public_key.verify.call_count)


def _issuer(ring: KeyRing, clock: Callable[[], datetime] = lambda: START) -> tuple[JwtIssuer, str]:
    """Return an issuer and one of its tokens."""
    issuer = JwtIssuer(ring, clock, issuer="portero", audience="portero", seconds=900)
    user, end = User.new(now=START, username=Username.random(), email=None), START + timedelta(days=1)
    session = Session("session", user.id, 0, START, START, end, end, Device())
    return issuer, issuer.issue(user, session, session.proof).access


def test_the_signature_of_a_token_is_verified_once() -> None:
    ring = _CountingRing()
    issuer, token = _issuer(ring)
    assert issuer.verify(token) == issuer.verify(token)
    assert ring.verified == 1


def test_forged_tokens_do_not_displace_a_verified_one() -> None:
    ring = _CountingRing()
    issuer, token = _issuer(ring)
    issuer.verify(token)
    signed, _, _ = token.rpartition(".")
    for number in range(5000):
        with pytest.raises(InvalidToken):
            issuer.verify(f"{signed}.{segment(number.to_bytes(64))}")
    assert ring.verified == 5001
    issuer.verify(token)
    assert ring.verified == 5001


def test_a_forged_token_is_refused_each_time() -> None:
    issuer, token = _issuer(_CountingRing())
    for _ in range(2):
        with pytest.raises(InvalidToken):
            issuer.verify(token[:-4] + "AAAA")


def test_the_times_of_a_token_in_use_are_checked_at_each_request() -> None:
    now = START
    issuer, token = _issuer(_CountingRing(), lambda: now)
    for seconds, alive in ((0, True), (899, True), (900, False), (-60, True), (-61, False), (1, True)):
        now = START + timedelta(seconds=seconds)
        if alive:
            issuer.verify(token)
        else:
            with pytest.raises(InvalidToken):
                issuer.verify(token)
