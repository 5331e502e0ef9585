"""The service wired in this process, with the store and the identity provider of a test."""

from io import BytesIO
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from pydantic import HttpUrl, SecretStr
from werkzeug.test import TestResponse

from src.bootstrap import wiring
from src.infrastructure.limits.off import NoLimits
from src.interfaces.app import create_app
from src.interfaces.services import Services
from src.settings import Settings
from tests.support.working import run_now


def store_url(folder: Path, store: str, firestore_project: str) -> str:
    """Return the URL of a store, given its name or its URL."""
    urls = {
        "memory": "memory://",
        "sqlite": f"sqlite:///{folder}/portero.db",
        "firestore": f"firestore://{firestore_project}",
    }
    return urls.get(store, store)


class OnePicture:
    """A source of pictures that always returns the same URL."""

    def fetch(self) -> str:
        return "https://images.dog.ceo/breeds/hound/1.jpg"

    def check(self, url: str) -> str:
        return url


def firebase_settings(
    folder: Path, store: str, *, firestore_project: str, auth_project: str, relay: str | None = None
) -> Settings:
    """Return the settings of IDENTITY=firebase with the store of that name or URL."""
    return Settings(
        app_env="development",
        data_dir=folder,
        store_url=store_url(folder, store, firestore_project),
        web_concurrency=1,
        identity="firebase",
        firebase_web_api_key=SecretStr("any"),
        google_cloud_project=auth_project,
        file_relay_url=HttpUrl(relay) if relay else None,
    )


def wire(settings: Settings, **adapters: Any) -> Services:
    """Wire the service like `portero serve`, with the given adapters, and without limits unless one is given."""
    return wiring.wire(settings, **{"limiter": NoLimits(), **adapters}, later=run_now)


class Client:
    """Calls the service over HTTP."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._http: FlaskClient = create_app(services, "0").test_client()

    def call(self, method: str, path: str, token: str | None = None, /, **body: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._http.open(path, method=method, headers=headers, json=body or None)

    def upload(self, token: str, content: bytes, path: str = "/api/files", **fields: str) -> TestResponse:
        """Send a file, with fields beside it."""
        data = {"file": (BytesIO(content), "report.pdf"), **fields}
        return self._http.post(path, headers={"Authorization": f"Bearer {token}"}, data=data)

    def register(self, username: str, email: str | None, password: str) -> TestResponse:
        """Register at the route that accepts an account without an address."""
        return self.call("POST", "/users", username=username, email=email, password=password)

    def log_in(self, login: str, password: str) -> str | None:
        """Log in; return the access token, or None when the login is refused."""
        answer = self.call("POST", "/login", username=login, password=password)
        assert answer.status_code in (200, 401), answer.text
        return str(answer.get_json()["access_token"]) if answer.status_code == 200 else None
