"""Firebase Auth: its accounts and ID tokens, and, on a stub of the REST API, what its emulator lacks."""

import base64
import io
import json
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NoReturn
from uuid import uuid4

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError, TransportError
from google.oauth2 import service_account

from src.application.ports import ProviderAccount, RemoteAccounts, TokenClaims
from src.domain.errors import Invalid, InvalidToken, NotFound, Unavailable
from src.domain.sessions import Client, Proof, Session
from src.domain.users import User
from src.domain.values import Email, Role
from src.infrastructure.identity.firebase import FirebaseAccounts
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from tests.contract.test_identity import Keeper, connected, firebase, identity, join, somebody
from tests.e2e.firebase import PASSWORD, Firebase, new_address

__all__ = ["firebase", "identity", "join"]  # fixtures


def test_an_id_token_identifies_the_user_and_the_time_of_sign_in(firebase: Firebase) -> None:
    identity, address = connected(firebase), new_address()
    before = int(time.time())
    signed_up = firebase.sign_up(address)
    found = identity.verify_id_token(signed_up.id_token)
    assert (found.uid, found.second_factor) == (signed_up.uid, None)
    assert before <= found.authenticated_at.timestamp() <= time.time()


def test_an_account_is_described_as_it_is_now(firebase: Firebase) -> None:
    identity, address = connected(firebase), new_address()
    before = int(time.time())
    uid = firebase.sign_up(address).uid
    account = identity.get(uid)
    assert account
    assert (account.email, account.email_verified, account.name) == (Email(address), False, None)
    assert (account.disabled, account.anonymous, account.has_password) == (False, False, True)
    assert before <= account.valid_since.timestamp() <= time.time()

    firebase.update(uid, emailVerified=True, displayName="Ada", disableUser=True)
    account = identity.get(uid)
    assert account
    assert (account.email_verified, account.name, account.disabled) == (True, "Ada", True)


def test_only_an_account_that_nobody_can_sign_in_to_again_is_anonymous(firebase: Firebase) -> None:
    identity = connected(firebase)
    anonymous = identity.get(firebase.sign_up().uid)
    assert anonymous == ProviderAccount(anonymous=True)
    by_token = firebase.sign_in_as(uuid4().hex).uid
    by_phone = firebase.sign_up().uid
    firebase.update(by_phone, phoneNumber=f"+346{uuid4().int % 10**8:08}")
    for uid in (by_token, by_phone):
        account = identity.get(uid)
        assert account
        assert (account.anonymous, account.has_password, account.email) == (False, False, None)


def test_creating_an_account_for_an_anonymous_user_gives_it_the_address_and_the_password(firebase: Firebase) -> None:
    identity, user = connected(firebase), replace(somebody(), id=firebase.sign_up().uid)
    identity.create(user, PASSWORD)
    account = identity.get(user.id)
    assert account
    assert (account.email, account.anonymous, account.has_password) == (user.email, False, True)
    assert identity.verify_password(user, PASSWORD)


@pytest.mark.parametrize("identity", ["firebase", "fake"], indirect=True)
def test_signing_in_with_an_address_finds_its_account(identity: RemoteAccounts, join: Keeper) -> None:
    user = join(somebody(), PASSWORD)
    assert user.email
    found = identity.sign_in(user.email, PASSWORD)
    assert found
    assert found.uid == user.id
    assert identity.sign_in(user.email, "another password") is None
    assert identity.sign_in(Email(new_address()), PASSWORD) is None


def test_a_password_can_be_set_for_an_account_without_an_address(firebase: Firebase) -> None:
    identity, user = connected(firebase), somebody(email=False)
    firebase.sign_in_as(user.id)
    identity.set_password(user, PASSWORD)
    assert identity.verify_password(user, PASSWORD)


def test_the_placeholder_address_of_a_user_is_not_shown(firebase: Firebase) -> None:
    identity, user = connected(firebase), somebody(email=False)
    identity.create(user, PASSWORD)
    account = identity.get(user.id)
    assert account
    assert account.email is None
    assert firebase.sign_in(f"{user.id}@portero.invalid")


def claims_of(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def unsigned(claims: dict[str, object]) -> str:
    """Return an unsigned token, which the emulator accepts and anybody can make."""
    return jwt.encode(claims, "", algorithm="none")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "demo-other"},
        {"iss": "https://securetoken.google.com/demo-other"},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 129},
        {"sub": "../../users"},
        {"auth_time": "now"},
        {"auth_time": None},
        {"auth_time": -1},
        {"auth_time": -(10**30)},
        {"auth_time": 10**10},
        {"auth_time": 10**30},
        {"auth_time": 10**400},
        {"auth_time": float("inf")},
        {"auth_time": float("nan")},
        {"auth_time": 1.5},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_an_unsigned_token_with_wrong_claims_is_invalid(firebase: Firebase, changes: dict[str, object]) -> None:
    claims = claims_of(firebase.sign_up().id_token)
    assert connected(firebase).verify_id_token(unsigned(claims)).uid == claims["sub"]
    with pytest.raises(InvalidToken):
        connected(firebase).verify_id_token(unsigned(claims | changes))


def test_an_access_token_of_the_service_is_not_an_id_token(firebase: Firebase) -> None:
    keys, now, user = KeyRing(as_jwk_set([SigningKey.generate()])), datetime.now(UTC), somebody()
    issuer = JwtIssuer(keys, lambda: now, issuer="here", audience="here", seconds=900)
    later = now + timedelta(days=1)
    session = Session("0" * 32, user.id, 0, now, now, later, later, Client())
    with pytest.raises(InvalidToken):
        connected(firebase).verify_id_token(issuer.issue(user, session, session.proof).access)


@pytest.fixture(scope="module")
def google() -> tuple[rsa.RSAPrivateKey, dict[str, str]]:
    """Return a signing key, and its certificates in the form in which Google publishes them."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "securetoken")])
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    pem = certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return key, {"k1": pem.decode()}


@pytest.fixture
def production(google: tuple[rsa.RSAPrivateKey, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> FirebaseAccounts:
    """Return accounts without the emulator, whose tokens have no signature and no expiry that the SDK checks."""
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    monkeypatch.setattr("google.auth.default", lambda **_: (credentials, None))
    monkeypatch.setattr("google.oauth2.id_token._fetch_certs", lambda *_: google[1])
    return FirebaseAccounts("demo-portero", "any")


def current(**changes: object) -> dict[str, object]:
    """Return the claims of a valid ID token as Google makes them, with changes."""
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": "https://securetoken.google.com/demo-portero",
        "aud": "demo-portero",
        "sub": "ada",
        "user_id": "ada",
        "auth_time": now - 60,
        "iat": now - 60,
        "exp": now + 3540,
    }
    return claims | changes


def test_a_token_signed_by_google_is_valid_in_production(
    production: FirebaseAccounts, google: tuple[rsa.RSAPrivateKey, dict[str, str]]
) -> None:
    token = jwt.encode(current(), google[0], algorithm="RS256", headers={"kid": "k1"})
    assert production.verify_id_token(token).uid == "ada"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": -60},
        {"iat": +600, "exp": +4200},
        {"aud": "demo-other"},
        {"iss": "https://securetoken.google.com/demo-other"},
    ],
    ids=["expired", "from the future", "for another project", "by another project"],
)
def test_a_signed_token_with_wrong_claims_is_invalid(
    production: FirebaseAccounts, google: tuple[rsa.RSAPrivateKey, dict[str, str]], changes: dict[str, object]
) -> None:
    # Times are from when the test runs.
    claims = {name: value + int(time.time()) if isinstance(value, int) else value for name, value in changes.items()}
    token = jwt.encode(current(**claims), google[0], algorithm="RS256", headers={"kid": "k1"})
    with pytest.raises(InvalidToken):
        production.verify_id_token(token)


def test_a_token_that_google_has_not_signed_is_invalid(
    production: FirebaseAccounts, google: tuple[rsa.RSAPrivateKey, dict[str, str]]
) -> None:
    """The emulator's unsigned tokens, whose header says "alg": "none", are among them."""
    another = rsa.generate_private_key(65537, 2048)
    signed = jwt.encode(current(), google[0], algorithm="RS256", headers={"kid": "k1"})
    for token in (
        unsigned(current()),
        jwt.encode(current(), another, algorithm="RS256", headers={"kid": "k1"}),
        jwt.encode(current(), google[0], algorithm="RS256", headers={"kid": "k2"}),
        jwt.encode(current(), google[0], algorithm="PS256", headers={"kid": "k1"}),
        jwt.encode(current(), "x" * 32, algorithm="HS256", headers={"kid": "k1"}),
        signed.rpartition(".")[0] + ".",
        base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".e30.AAAA",
    ):
        with pytest.raises(InvalidToken):
            production.verify_id_token(token)


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ("google.oauth2.id_token._fetch_certs", TransportError("no route")),  # type: ignore[no-untyped-call]
        ("google.auth.default", DefaultCredentialsError("none found")),  # type: ignore[no-untyped-call]
    ],
)
def test_missing_certificates_or_credentials_are_unavailable(
    production: FirebaseAccounts,
    google: tuple[rsa.RSAPrivateKey, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    error: Exception,
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(missing, fail)
    token = jwt.encode(current(), google[0], algorithm="RS256", headers={"kid": "k1"})
    with pytest.raises(Unavailable):
        production.verify_id_token(token)


def test_a_disabled_account_or_a_second_factor_does_not_verify(firebase: Firebase) -> None:
    identity = connected(firebase)
    for fields in (
        {"disableUser": True},
        {
            "mfa": {"enrollments": [{"phoneInfo": "+34600000000", "mfaEnrollmentId": uuid4().hex}]},
            "emailVerified": True,
        },
    ):
        user = somebody()
        identity.create(user, PASSWORD)
        assert identity.verify_password(user, PASSWORD)
        firebase.update(user.id, **fields)
        assert not identity.verify_password(user, PASSWORD)


def test_an_account_is_described_with_its_second_factor(firebase: Firebase) -> None:
    identity, uid = connected(firebase), firebase.sign_up(new_address()).uid
    for enrollments, expected in (([], False), ([{"phoneInfo": "+34600000000", "mfaEnrollmentId": "phone"}], True)):
        firebase.update(uid, mfa={"enrollments": enrollments})
        account = identity.get(uid)
        assert account
        assert account.has_second_factor is expected


def test_a_sole_password_removes_the_other_ways_to_sign_in(firebase: Firebase) -> None:
    identity, user = connected(firebase), somebody()
    identity.create(user, PASSWORD)
    linked = {"providerId": "google.com", "rawId": uuid4().hex}
    firebase.update(user.id, linkProviderUserInfo=linked, phoneNumber=f"+346{uuid4().int % 10**8:08}")

    def providers() -> set[str]:
        return {each["providerId"] for each in (firebase.account(user.id) or {})["providerUserInfo"]}

    identity.set_password(user, "another password")
    assert providers() == {"password", "google.com", "phone"}
    identity.set_password(user, PASSWORD, remove_other_sign_ins=True)
    assert providers() == {"password"}
    assert identity.verify_password(user, PASSWORD)


def test_a_field_that_firebase_refuses_is_named(firebase: Firebase) -> None:
    identity = connected(firebase)
    for user, password, field in (
        (replace(somebody(), email=Email("no address")), PASSWORD, "email"),
        (somebody(), "short", "password"),
    ):
        with pytest.raises(Invalid) as refused:
            identity.create(user, password)
        assert [error.field for error in refused.value.errors] == [field]


class Rest:
    """A stub of the REST API of Firebase Auth, for features that the emulator lacks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status, self.answer = 200, {}  # type: int, object
        monkeypatch.setattr(requests.Session, "send", self._send)

    def _send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.raw = self.status, io.BytesIO(json.dumps(self.answer).encode())
        response.request, response.url = request, str(request.url)
        return response

    def refuse(self, message: str) -> None:
        self.status, self.answer = 400, {"error": {"code": 400, "message": message}}


@pytest.fixture
def rest(production: FirebaseAccounts, monkeypatch: pytest.MonkeyPatch) -> Rest:
    return Rest(monkeypatch)


@pytest.mark.parametrize(
    "message",
    [
        "BLOCKING_FUNCTION_ERROR_RESPONSE : ((HTTP request to https://example.com returned HTTP error 403: {}))",
        "PASSWORD_DOES_NOT_MEET_REQUIREMENTS : Missing password requirements: [Password must contain a digit]",
        "INVALID_LOGIN_CREDENTIALS",
        "USER_DISABLED",
    ],
)
def test_a_refused_sign_in_is_a_wrong_password(production: FirebaseAccounts, rest: Rest, message: str) -> None:
    rest.refuse(message)
    assert production.sign_in(Email("ada@example.com"), PASSWORD) is None
    assert not production.verify_password(somebody(), PASSWORD)


def test_a_sign_in_that_needs_a_second_factor_gives_no_identity(production: FirebaseAccounts, rest: Rest) -> None:
    rest.answer = {"localId": "ada", "mfaPendingCredential": "x", "mfaInfo": [{"phoneInfo": "+*******00"}]}
    assert production.sign_in(Email("ada@example.com"), PASSWORD) is None


@pytest.mark.parametrize("answer", [{"status": "ok"}, {"users": []}, {"kind": "other"}], ids=str)
def test_an_account_is_gone_only_if_firebase_says_so(
    production: FirebaseAccounts, rest: Rest, answer: dict[str, object]
) -> None:
    rest.answer = answer
    with pytest.raises(Unavailable):
        production.get("ada")
    rest.answer = {"kind": "identitytoolkit#GetAccountInfoResponse"}
    assert production.get("ada") is None


def test_a_revoked_account_is_described_with_the_time_of_the_revocation(
    production: FirebaseAccounts, rest: Rest
) -> None:
    record = {"localId": "ada", "validSince": "1700000000", "phoneNumber": "+34600000000"}
    rest.answer = {"kind": "identitytoolkit#GetAccountInfoResponse", "users": [record]}
    assert production.get("ada") == ProviderAccount(valid_since=datetime.fromtimestamp(1_700_000_000, UTC))


def test_an_address_with_an_encoded_word_is_not_taken_over(production: FirebaseAccounts, rest: Rest) -> None:
    record = {"localId": "ada", "email": "=?utf-8?q?v=69ctim?=@corp.example.com", "emailVerified": True}
    rest.answer = {"kind": "identitytoolkit#GetAccountInfoResponse", "users": [record]}
    account = production.get("ada")
    assert account
    assert account.email is None


@pytest.mark.parametrize("details", [{"tenant": "others"}, "x"], ids=str)
def test_a_token_of_a_tenant_is_invalid(
    production: FirebaseAccounts, google: tuple[rsa.RSAPrivateKey, dict[str, str]], details: object
) -> None:
    token = jwt.encode(current(firebase=details), google[0], algorithm="RS256", headers={"kid": "k1"})
    with pytest.raises(InvalidToken):
        production.verify_id_token(token)


def test_revoking_sets_the_time_since_which_sign_ins_count(firebase: Firebase) -> None:
    identity, uid = connected(firebase), firebase.sign_up(new_address()).uid
    since = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    identity.revoke(uid, since)
    account = identity.get(uid)
    assert account
    assert account.valid_since == since
    with pytest.raises(NotFound):
        identity.revoke(uuid4().hex, since)


SESSION = TokenClaims("ada", "session", Proof(("pwd", "otp", "mfa"), datetime(2026, 1, 1, tzinfo=UTC)))
ADMIN = replace(
    User.new(now=datetime(2026, 1, 1, tzinfo=UTC), role=Role.ADMIN), custom_claims={"team": "blue", "portero_sid": "x"}
)


def test_a_custom_token_signs_in_at_firebase_and_its_id_tokens_are_the_session(firebase: Firebase) -> None:
    identity, claims = connected(firebase), replace(SESSION, user_id=uuid4().hex)
    token = identity.custom_token(claims, ADMIN)
    assert token.expires_in == 300
    signed_in = firebase.redeem(token.value)
    assert signed_in.uid == claims.user_id
    found = identity.verify_id_token(signed_in.id_token)
    assert (found.uid, found.claims) == (claims.user_id, claims)
    shown = claims_of(signed_in.id_token)
    assert {name: shown[name] for name in shown if name.startswith("portero") or name in ("role", "team")} == {
        "team": "blue",
        "role": "admin",
        "portero_sid": "session",
        "portero_acr": "aal2",
        "portero_amr": ["pwd", "otp", "mfa"],
        "portero_auth_time": 1767225600,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"portero_sid": 1},
        {"portero_sid": None},
        {"portero_amr": "pwd"},
        {"portero_amr": [1]},
        {"portero_amr": None},
        {"portero_auth_time": "1767225600"},
        {"portero_auth_time": -1},
        {"portero_auth_time": 1 << 40},
    ],
)
def test_an_id_token_that_names_a_session_wrongly_is_invalid(firebase: Firebase, changes: dict[str, object]) -> None:
    token = firebase.redeem(connected(firebase).custom_token(SESSION, ADMIN).value).id_token
    claims = claims_of(token)
    assert connected(firebase).verify_id_token(unsigned(claims)).claims == SESSION
    with pytest.raises(InvalidToken):
        connected(firebase).verify_id_token(unsigned(claims | changes))


def checked(token: str, key: rsa.RSAPrivateKey) -> dict[str, object]:
    """Return the claims of a custom token, and check its signature and times as Firebase does."""
    audience = "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
    claims: dict[str, object] = jwt.decode(token, key.public_key(), algorithms=["RS256"], audience=audience)
    assert claims["iss"] == claims["sub"] == "portero@demo.iam.gserviceaccount.com"
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 300
    assert claims["uid"] == "ada"
    return claims


def test_a_custom_token_is_signed_with_the_key_of_the_service_account(
    production: FirebaseAccounts, google: tuple[rsa.RSAPrivateKey, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = google[0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = {
        "client_email": "portero@demo.iam.gserviceaccount.com",
        "private_key": pem.decode(),
        "private_key_id": "k1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    credentials = service_account.Credentials.from_service_account_info(info)  # type: ignore[no-untyped-call]
    monkeypatch.setattr("google.auth.default", lambda **_: (credentials, None))
    assert checked(production.custom_token(SESSION, ADMIN).value, google[0])["claims"]


class Instance(AnonymousCredentials):
    """The credentials of an instance on Cloud Run, which learns the name of its service account by a refresh."""

    service_account_email = "default"

    def refresh(self, request: object) -> None:
        self.service_account_email = "portero@demo.iam.gserviceaccount.com"


@pytest.mark.parametrize("status", [200, 403])
def test_a_custom_token_is_signed_by_iam_without_a_key(
    production: FirebaseAccounts,
    google: tuple[rsa.RSAPrivateKey, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    asked: list[str] = []

    def answer(self: object, url: str, **options: Any) -> Any:
        asked.append(url)
        assert options["timeout"] == 8
        signed = google[0].sign(
            base64.b64decode(json.loads(options["body"])["payload"]), padding.PKCS1v15(), hashes.SHA256()
        )
        data = json.dumps({"signedBlob": base64.b64encode(signed).decode()}).encode()
        return SimpleNamespace(status=status, data=data)

    monkeypatch.setattr("google.auth.default", lambda **_: (Instance(), None))  # type: ignore[no-untyped-call]
    monkeypatch.setattr("google.auth.transport.requests.Request.__call__", answer)
    with nullcontext() if status == 200 else pytest.raises(Unavailable):
        checked(production.custom_token(SESSION, ADMIN).value, google[0])
    [url] = asked
    assert url.endswith("/serviceAccounts/portero@demo.iam.gserviceaccount.com:signBlob")


def test_no_custom_token_is_signed_with_the_credentials_of_a_person(production: FirebaseAccounts) -> None:
    with pytest.raises(Unavailable):
        production.custom_token(SESSION, ADMIN)
