"""The application under test: wired as in production, with a store in memory and cheap password hashing.

Its client checks every answer against the OpenAPI document and the rules that all answers share.
"""

import base64
import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, NoReturn, cast
from urllib.parse import quote

import jwt
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from jsonschema_rs import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request

from src.application.datasets import DatasetDetails, IncomingDataset
from src.application.failed_logins import Later
from src.application.files import IncomingFile
from src.application.limits import RateLimiter
from src.application.ports import (
    Clock,
    ExternalIdentity,
    JobQueue,
    LoginSource,
    Mailer,
    PictureSource,
    ProviderAccount,
    RemoteAccounts,
    WebhookSender,
)
from src.bootstrap.adapters import now
from src.bootstrap.ports import Overrides
from src.bootstrap.wiring import wire
from src.domain.sessions import NO_CLIENT
from src.domain.users import User
from src.domain.values import Email, Role
from src.domain.webhooks import MAX_WEBHOOKS
from src.infrastructure.blobs import make_blobs
from src.infrastructure.factors.data_keys import DataKeys, as_text, new_data_key
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.app import create_app
from src.interfaces.services import Services
from src.settings import Settings
from tests.support.remote import FakeProvider
from tests.support.translations import is_translated
from tests.support.working import RecordingQueue, caller_of

PASSWORD = "correct zebra battery"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KEY = SigningKey.generate()
DATA_KEYS = DataKeys(as_text([new_data_key()]))
PICTURE = "https://images.dog.ceo/breeds/hound/1.jpg"
CSV = b"id,name\n1,Anna\n2,Ben\n"
SECRET = "SELECT secret FROM /srv/portero"
"""The message of exceptions that the tests raise. No response may contain it."""

ACCESS_FIELDS = {"access_token", "token_type", "expires_in"}
TOKEN_FIELDS = ACCESS_FIELDS | {"refresh_token"}
V1_FIELDS = TOKEN_FIELDS | {"token", "accessToken", "refreshToken"}
USER_FIELDS = {
    "id",
    "username",
    "email",
    "email_verified",
    "name",
    "last_name",
    "role",
    "disabled",
    "metadata",
    "claims",
    "created_at",
    "updated_at",
}

NEVER = (SECRET, PASSWORD, "password_hash", "$argon2")
_NEVER_IN_A_PROBLEM = ("Traceback", "site-packages", ".py", "Error:", "Exception")
_names = count(1)
_TEMPLATES = FileSystemBytecodeCache()
"""The compiled templates, which all applications and test processes share."""


class Answer(TestResponse):
    """A response whose ``json`` has the type Any, so that tests can index it."""

    json: Any


class Client(FlaskClient):
    """A test client that checks every response against the OpenAPI document and the rules of all responses."""

    def open(self, *arguments: Any, **options: Any) -> Answer:
        response = cast(Answer, super().open(*arguments, **options))
        _check(self.application, response)
        return response

    def get(self, *arguments: Any, **options: Any) -> Answer:
        return self.open(*arguments, **options, method="GET")

    def post(self, *arguments: Any, **options: Any) -> Answer:
        return self.open(*arguments, **options, method="POST")

    def put(self, *arguments: Any, **options: Any) -> Answer:
        return self.open(*arguments, **options, method="PUT")

    def patch(self, *arguments: Any, **options: Any) -> Answer:
        return self.open(*arguments, **options, method="PATCH")

    def delete(self, *arguments: Any, **options: Any) -> Answer:
        return self.open(*arguments, **options, method="DELETE")


class Pictures(DogPictures):
    """A source of pictures without network access. ``fetch`` raises ``error`` if it is set."""

    def __init__(self) -> None:
        super().__init__("http://localhost/", ["images.dog.ceo"])
        self.error: Exception | None = None
        self.asked = 0

    def fetch(self) -> str:
        self.asked += 1
        if self.error:
            raise self.error
        return PICTURE


class Halfway(io.BytesIO):
    """A request body that calls ``look`` after its first part has been read. ``seen`` has the result."""

    def __init__(self, data: bytes, look: Callable[[], Any]) -> None:
        super().__init__(data)
        self._look = look
        self.seen: Any = None

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() and self.seen is None:
            self.seen = self._look()
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True)
class Person:
    """A user with an access token."""

    user: dict[str, Any]
    token: str
    refresh: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def session(self) -> str:
        """Return the id of the session that the token belongs to."""
        return str(jwt.decode(self.token, options={"verify_signature": False})["sid"])

    def at(self, path: str) -> str:
        """Fill in the variable of a path with the id of this user, or of their session."""
        return path.replace("{id}", self.session if "sessions" in path else self.user["id"])


class Provider(FakeProvider):
    """An identity provider that issues tokens: each uid in ``known`` is a token. All other users have accounts too."""

    def __init__(self, **known: ProviderAccount) -> None:
        super().__init__()
        self.known = known
        self.signed_in_at: dict[str, datetime] = {}
        self.gone: set[str] = set()
        """The ids of the users whose account is gone."""

    def verify_id_token(self, token: str) -> ExternalIdentity:
        if token not in self.known:
            return super().verify_id_token(token)
        return ExternalIdentity(token, self.signed_in_at.get(token) or now() + timedelta(seconds=1))

    def get(self, id: str) -> ProviderAccount | None:
        if id in self.gone:
            return None
        account = self.known.get(id, ProviderAccount(has_password=True))
        claims = self.claims.get(id, account.custom_claims)
        return replace(account, has_second_factor=id in self.second_factors, custom_claims=claims)

    def require(self, user: User) -> None:
        """Do nothing, because every user has an account."""


def build(
    store: Store | None = None,
    remote: RemoteAccounts | None = None,
    hasher: Argon2Hasher | None = None,
    keys: KeyRing | None = None,
    services: Mapping[str, Any] | None = None,
    limiter: RateLimiter | None = None,
    clock: Clock = now,
    queue: JobQueue | None = None,
    pictures: PictureSource | None = None,
    mailer: Mailer | None = None,
    webhook_sender: WebhookSender | None = None,
    login_source: LoginSource | None = None,
    later: Later | None = None,
    settings: Mapping[str, Any] | None = None,
    **options: Any,
) -> Flask:
    """Return an application. ``services`` replaces services by name; ``options`` are passed to ``create_app``."""
    adapters = Overrides(
        store=store or MemoryStore(),
        hasher=hasher or Argon2Hasher(HASHER, at_once=4),
        keys=keys or KeyRing(as_jwk_set([KEY])),
        data_keys=DATA_KEYS,
        limiter=limiter or NoLimits(),
        blobs=make_blobs("memory://"),
        queue=queue or RecordingQueue(),
    )
    if remote:
        adapters["remote"] = remote
    if pictures:
        adapters["pictures"] = pictures
    if webhook_sender:
        adapters["webhook_sender"] = webhook_sender
    if login_source:
        adapters["login_source"] = login_source
    if mailer:
        adapters["mailer"] = mailer
    if later:
        adapters["later"] = later
    chosen = {"metrics_token": options.get("metrics_token"), **(settings or {})}
    wired = wire(Settings(store_url="memory://", **chosen), clock=clock, **adapters)
    wired = replace(wired, **services or {})
    app = create_app(wired, "0", **options)
    app.jinja_env.bytecode_cache = _TEMPLATES
    app.test_client_class = Client
    return app


def client_of(app: Flask) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    return client


def services_of(app: Flask) -> Services:
    services: Services = app.extensions["portero"]
    return services


def crash(*_: object, **__: object) -> NoReturn:
    """Raise an exception that the application does not expect."""
    raise RuntimeError(SECRET)


def registration(**fields: Any) -> dict[str, Any]:
    """Return the body of a registration with a unique name. A field set to None is left out."""
    name = f"anna{next(_names)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, **fields}
    return {field: value for field, value in body.items() if value is not None}


def join(client: Client, role: str = "user", **fields: Any) -> Person:
    """Create a guest, or register a user and log in."""
    if role == "guest":
        token = client.post("/auth/anonymous").json["access_token"]
        return Person(client.get("/user", headers=Person({}, token).headers).json, token)
    body = registration(**fields)
    user = client.post("/register", json=body)
    assert user.status_code == 201, user.text
    if role != "user":
        accounts = services_of(client.application).accounts.accounts
        accounts.change(user.json["id"], lambda stored: replace(stored, role=Role(role)))
    return logged_in(client, Person({**user.json, "role": role}, ""), body["password"])


def place(client: Client, person: Person, method: str, path: str) -> str:
    """Fill in the variable of a path with an entity of ``person``, and create it if necessary."""
    services = services_of(client.application)
    name = f"Rex {next(_names)}"
    kind = path.removeprefix("/api").split("/")[1]
    if kind == "webhooks":
        return _webhook(services, person, path)
    if "{" not in path or kind not in ("tasks", "dogs", "files", "datasets", "jobs", "invitations", "services"):
        return person.at(path)
    owner = services.accounts.accounts.users.get(person.user["id"])
    assert owner
    match kind:
        case "tasks":
            made = services.tasks.add(owner, {"title": "Walk the dog"}).id
        case "files":
            made = services.files.add(owner, IncomingFile("a.txt", "text/plain", [b"content"])).file.id
        case "datasets":
            made = dataset_of(services, owner)
        case "invitations":
            made = services.invitations.invite(Email("somebody@example.com"), Role.USER, 7, NO_CLIENT, None)[0].id
        case "services":
            made = services.service_accounts.add(None, "Billing", Role.USER, NO_CLIENT)[0].id
        case "jobs":
            made = services.dogs.add(caller_of(owner), name, False, None).job_id
        case _:
            made = name if method == "POST" else services.dogs.add(caller_of(owner), name, False, None).name
    return path.replace("{id}", made).replace("{name}", quote(made))


def _webhook(services: Services, person: Person, path: str) -> str:
    """Fill in the variables of a path with a new webhook and a delivery to it. Remove old ones if there are many."""
    owner = services.accounts.accounts.users.get(person.user["id"])
    assert owner
    caller = caller_of(replace(owner, role=Role.ADMIN, factors={}))
    if len(services.webhooks.list(caller).items) > MAX_WEBHOOKS // 2:
        for each in services.webhooks.list(caller).items:
            services.webhooks.remove(caller, each.id, None, NO_CLIENT)
    if "{" not in path:
        return path
    webhook, _ = services.webhooks.add(caller, {"url": "https://example.com/", "events": ("*",)}, NO_CLIENT)
    return path.replace("{id}", webhook.id).replace("{delivery_id}", services.webhooks.ping(caller, webhook.id).id)


def dataset_of(services: Services, owner: User, *, later: bool = False) -> str:
    """Create a dataset and return its id. With ``later``, a job checks the file."""
    incoming = IncomingDataset("a.csv", [CSV], lambda: DatasetDetails("Customers"), in_job=later)
    return services.datasets.add(replace(owner, role=Role.UPLOADER), incoming).dataset.id


def upload(content: bytes = b"content", filename: str = "a.txt", **fields: str) -> dict[str, Any]:
    """Return the options of a request that uploads a file."""
    return {"data": {**fields, "file": (io.BytesIO(content), filename)}, "content_type": "multipart/form-data"}


def logged_in(client: Client, person: Person, password: str = PASSWORD) -> Person:
    """Log in again; return the person with the tokens of the new session."""
    tokens = client.post("/login", json={"username": person.user["username"], "password": password}).json
    return replace(person, token=tokens["access_token"], refresh=tokens["refresh_token"])


def log_in(client: Client, person: Person, password: str = PASSWORD) -> Answer:
    """Send a login request."""
    return client.post("/login", json={"email": person.user["email"], "password": password})


def segment(part: bytes | str | Mapping[str, Any]) -> str:
    """Encode a segment of a JWT; a mapping is written as JSON."""
    text = json.dumps(part) if isinstance(part, Mapping) else part
    data = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def errors_of(response: Answer) -> set[tuple[str, str]]:
    """Return (field, code) of every error in a response."""
    return {(each["field"], each["code"]) for each in response.json["errors"]}


def without_instance(response: Answer) -> dict[str, Any]:
    """Return a problem without the id of its request."""
    return {name: value for name, value in response.json.items() if name != "instance"}


DOCUMENT: dict[str, Any] = json.loads(build().extensions["portero.openapi"](True))
OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def documented(operation: dict[str, Any], status: int) -> dict[str, Any]:
    """Return the description of a response. Raises KeyError when the document does not have the status."""
    found: dict[str, Any] = operation["responses"][str(status)]
    return resolved(found)


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """Return a description, or the description that its $ref names."""
    found: Any = DOCUMENT
    if "$ref" not in described:
        return described
    for name in described["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    assert isinstance(found, dict)
    return found


@cache
def validator(schema: str) -> Draft202012Validator:
    """Return a validator for a schema of the document. ``schema`` is JSON, so that it can be cached."""
    return Draft202012Validator({**json.loads(schema), "components": DOCUMENT["components"]}, validate_formats=True)


_OAUTH_PATHS = {path for path, each in DOCUMENT["paths"].items() if "#/components/responses/oauth-" in str(each)}


def is_oauth(request: Request) -> bool:
    """Return whether the request was sent to a path whose errors are those of OAuth2."""
    return request.path.rstrip("/") in _OAUTH_PATHS


def _check(app: Flask, response: Answer) -> None:
    request = response.request
    assert response.headers["X-Request-Id"]
    assert not [word for word in NEVER if response.is_json and word in response.text]
    if response.mimetype == "text/html" and "text/html" in request.headers.get("Accept", ""):
        return  # a page for a browser
    if response.status_code >= 400:
        assert not [word for word in _NEVER_IN_A_PROBLEM if word in response.text]
        assert response.content_type == ("application/json" if is_oauth(request) else "application/problem+json")
        assert response.headers["Cache-Control"] == "no-store"
        if request.method != "HEAD":
            problem = response.json
            validator('{"$ref": "#/components/schemas/Problem"}').validate(problem)
            assert problem["status"] == response.status_code
            assert problem["instance"] == response.headers["X-Request-Id"]
            assert problem["type"].startswith("/problems/")
            assert problem["detail"].strip()
            if not is_oauth(request) and response.headers["Content-Language"] == "en":
                messages = [each["message"] for each in problem.get("errors", ())]
                for text in (problem["title"], problem["detail"], *messages):
                    assert is_translated(text), f"translate {text!r} in src/interfaces/languages/es.po"
    if request.environ["PATH_INFO"].startswith("//"):  # such a path has no route, although Werkzeug finds one
        return
    with suppress(HTTPException):  # a path without a route is not in the document
        endpoint, _ = app.url_map.bind("localhost").match(request.path, request.method)
        method, _, path = endpoint.replace("<", "{").replace(">", "}").partition(" ")
        if method == request.method and path in DOCUMENT["paths"]:
            _conforms(response, documented(OPERATIONS[method, path], response.status_code))


def _conforms(response: Answer, answer: dict[str, Any]) -> None:
    # The last page has no next one, and only the refusal of a key names a scope.
    sometimes = {"Link", "WWW-Authenticate"} if response.status_code == 403 else {"Link"}
    assert set(answer["headers"]) - sometimes <= set(response.headers.keys())
    if content := answer.get("content"):
        described = content[response.content_type.partition(";")[0]]
        if response.status_code >= 400:
            assert response.json["type"].removeprefix("/problems/") in described["examples"], "no true example"
        body = response.json if response.is_json else response.data.decode("latin-1")
        validator(json.dumps(described["schema"])).validate(body)
    else:
        assert response.data == b""
        assert "Content-Type" not in response.headers or response.status_code == 302
