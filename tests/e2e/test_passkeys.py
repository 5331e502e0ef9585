"""Passkeys in a real browser with a virtual authenticator, on this machine and on a domain with TLS."""

import base64
import hashlib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Error, Page
from werkzeug.serving import make_server

from src.bootstrap.adapters import now
from tests.support.browsers import chromium
from tests.support.emulators import free_port
from tests.support.world import Answer, Client, Person, build, client_of, join

CREATE = """async options => (await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey)})).toJSON()"""
GET = """async ([options, mediation]) => (await navigator.credentials.get({
    mediation, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey)})).toJSON()"""
FIELD = '<input autocomplete="username webauthn" autofocus>'


@dataclass(frozen=True)
class Certificate:
    """A certificate for the domains under example.test that the browser is told to trust."""

    folder: Path
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.test")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), 1, now() - timedelta(1), now() + timedelta(1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("*.example.test")]), critical=False)
            .sign(key, SHA256())
        )
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "server.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + pem)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
        object.__setattr__(self, "fingerprint", digest)

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem")
        return context


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def browser(certificate: Certificate) -> Iterator[Browser]:
    hosts = "--host-resolver-rules=MAP *.example.test 127.0.0.1"
    with chromium(hosts, f"--ignore-certificate-errors-spki-list={certificate.fingerprint}") as browser:
        yield browser


@dataclass(frozen=True)
class Site:
    """The service on a domain, and pages of the same domain whose origin the service does not accept."""

    app: Flask
    origin: str
    domain: str
    strangers: list[str]


@pytest.fixture(scope="module", params=["localhost", "example.test"])
def site(request: pytest.FixtureRequest, certificate: Certificate) -> Iterator[Site]:
    port, other = free_port(), free_port()
    if request.param == "localhost":
        app, context = build(settings={"port": port}), None
        site = Site(app, f"http://localhost:{port}", "localhost", [f"http://localhost:{other}"])
    else:
        host, context = "https://accounts.example.test", certificate.context()
        app = build(settings={"public_url": f"{host}:{port}", "passkey_rp_id": "example.test"})
        strangers = [f"{host}:{other}", f"https://evil.example.test:{port}"]
        site = Site(app, f"{host}:{port}", "example.test", strangers)
    with ExitStack() as stack:
        for each in (port, other):
            server = make_server("127.0.0.1", each, app, threaded=True, ssl_context=context)
            thread = Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield site


@dataclass
class Device:
    """A browser with a virtual authenticator that answers at once and verifies its user."""

    page: Page
    session: CDPSession
    id: str

    @classmethod
    def of(cls, page: Page, *, backed_up: bool = False) -> "Device":
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
            "defaultBackupEligibility": backed_up,
            "defaultBackupState": backed_up,
        }
        added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(page, session, added["authenticatorId"])

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        credential: dict[str, Any] = self.page.evaluate(CREATE, options)
        return credential

    def get(self, options: dict[str, Any], mediation: str = "optional") -> dict[str, Any]:
        credential: dict[str, Any] = self.page.evaluate(GET, [options, mediation])
        return credential

    def set_counter(self, count: int) -> None:
        """Replace the passkey by a copy that has counted its signatures up to ``count``."""
        [stored] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        named = {"authenticatorId": self.id, "credentialId": stored["credentialId"]}
        self.session.send("WebAuthn.removeCredential", named)
        copied = {"authenticatorId": self.id, "credential": {**stored, "signCount": count}}
        self.session.send("WebAuthn.addCredential", copied)


@pytest.fixture
def client(site: Site) -> Client:
    return client_of(site.app)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.origin}/health")
    yield page
    context.close()


@pytest.fixture
def device(page: Page) -> Device:
    return Device.of(page)


@pytest.fixture
def anna(client: Client) -> Person:
    return join(client)


def enrolment_options(client: Client, person: Person) -> dict[str, Any]:
    answer = client.post("/user/factors/passkey/options", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def send(client: Client, person: Person, credential: dict[str, Any]) -> Answer:
    return client.post("/user/factors", json={"passkey": credential, "name": "Laptop"}, headers=person.headers)


def enrol(client: Client, person: Person, device: Device) -> dict[str, Any]:
    """Make a passkey on the device, store it, and return what the browser has sent."""
    credential = device.create(enrolment_options(client, person))
    added = send(client, person, credential)
    assert (added.status_code, added.json["kind"], added.json["name"]) == (201, "passkey", "Laptop"), added.text
    return credential


def refreshed(client: Client, person: Person) -> Person:
    """Return the person with a new token, which has what the session has proved meanwhile."""
    tokens = client.post("/auth/refresh", json={"refresh_token": person.refresh}).json
    return replace(person, token=tokens["access_token"], refresh=tokens["refresh_token"])


def options(client: Client) -> dict[str, Any]:
    shown: dict[str, Any] = client.post("/auth/passkey/options").json
    return shown


def log_in(client: Client, credential: dict[str, Any]) -> Answer:
    return client.post("/auth/passkey", json={"passkey": credential})


def whose(client: Client, answer: Answer) -> str:
    """Return the id of the user who has logged in."""
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    return str(client.get("/user", headers=headers).json["id"])


def test_a_passkey_is_made_and_logs_in_without_a_name_and_by_autofill(
    client: Client, anna: Person, device: Device
) -> None:
    enrol(client, anna, device)
    assert whose(client, log_in(client, device.get(options(client)))) == anna.user["id"]
    device.page.set_content(FIELD)
    assert whose(client, log_in(client, device.get(options(client), "conditional"))) == anna.user["id"]


def test_a_device_makes_no_second_passkey_and_nobody_else_can_store_the_first_one(
    client: Client, anna: Person, device: Device
) -> None:
    credential = enrol(client, anna, device)
    with pytest.raises(Error, match="InvalidStateError"):
        device.create(enrolment_options(client, refreshed(client, anna)))
    ben = join(client)
    # The check of the browser is left out, and the credential of Anna is sent again.
    shown = enrolment_options(client, ben)
    forged = device.get({"publicKey": {**options(client)["publicKey"], "challenge": shown["publicKey"]["challenge"]}})
    client_data = base64.urlsafe_b64decode(forged["response"]["clientDataJSON"] + "==")
    created = client_data.replace(b"webauthn.get", b"webauthn.create")
    credential["response"]["clientDataJSON"] = base64.urlsafe_b64encode(created).decode().rstrip("=")
    taken = send(client, ben, credential)
    assert (taken.status_code, taken.json["type"]) == (409, "/problems/taken")


def test_a_credential_that_is_sent_twice_or_for_another_user_is_refused(
    client: Client, anna: Person, device: Device
) -> None:
    credential = enrol(client, anna, device)
    refused = send(client, join(client), credential)
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/wrong-code")
    answer = device.get(options(client))
    handle = base64.urlsafe_b64encode(join(client).user["id"].encode()).decode().rstrip("=")
    another = {**answer, "response": {**answer["response"], "userHandle": handle}}
    assert log_in(client, another).status_code == 401
    assert log_in(client, answer).status_code == 200
    assert log_in(client, answer).status_code == 401


def test_a_device_that_does_not_verify_its_user_is_refused(client: Client, anna: Person, device: Device) -> None:
    enrol(client, anna, device)
    device.session.send("WebAuthn.setUserVerified", {"authenticatorId": device.id, "isUserVerified": False})
    with pytest.raises(Error, match="NotAllowedError"):
        device.get(options(client))
    careless = options(client)
    careless["publicKey"]["userVerification"] = "discouraged"
    assert log_in(client, device.get(careless)).status_code == 401


@pytest.mark.parametrize(("backed_up", "status"), [(False, 401), (True, 200)], ids=["one device", "synchronised"])
def test_a_counter_that_goes_back_is_refused_unless_the_passkey_is_backed_up(
    client: Client, anna: Person, page: Page, backed_up: bool, status: int
) -> None:
    device = Device.of(page, backed_up=backed_up)
    enrol(client, anna, device)
    for _ in range(3):
        assert log_in(client, device.get(options(client))).status_code == 200
    device.set_counter(1)
    assert log_in(client, device.get(options(client))).status_code == status


def test_pages_that_the_service_does_not_know_are_refused_on_the_same_domain_too(
    client: Client, anna: Person, device: Device, site: Site
) -> None:
    enrol(client, anna, device)
    for stranger in site.strangers:
        device.page.goto(f"{stranger}/health")
        assert log_in(client, device.get(options(client))).status_code == 401
    device.page.goto(f"{site.origin}/health")
    assert log_in(client, device.get(options(client))).status_code == 200
    for stranger in site.strangers:
        device.page.goto(f"{stranger}/health")
        ben = join(client)
        assert send(client, ben, device.create(enrolment_options(client, ben))).status_code == 403


def test_a_passkey_of_another_domain_is_refused(client: Client, anna: Person, device: Device, site: Site) -> None:
    """The browser refuses another domain, and the service refuses a suffix of its own domain."""
    shown = enrolment_options(client, anna)
    shown["publicKey"]["rp"]["id"] = "example.org"
    with pytest.raises(Error, match="SecurityError"):
        device.create(shown)
    if site.domain == "example.test":
        shown["publicKey"]["rp"]["id"] = "accounts.example.test"
        assert send(client, anna, device.create(shown)).status_code == 403
