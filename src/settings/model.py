"""The settings, and the rules that they have to follow."""

import os
import re
import sys
from collections.abc import Iterator
from typing import Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, model_validator

from src.settings.fields import SettingsFields
from src.settings.production import refusals

_HOST = re.compile(r"[\w-]+(\.[\w-]+)*")
_URL = re.compile("[a-z][a-z0-9+.-]*://")
_CREDENTIAL = re.compile(r"([A-Za-z0-9._~-]+):([A-Za-z0-9._~-]{16,})")
_ORIGIN = re.compile(r"\*|https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def _is_url(text: str) -> bool:
    """Return whether the host and the port of a URL can be read."""
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    return True


class Settings(SettingsFields):
    """All settings, validated: no two contradict each other, and none is unsafe in production."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.store_url:
            object.__setattr__(self, "store_url", f"sqlite:///{self.data_dir}/portero.db")
        if not self.blob_url:
            object.__setattr__(self, "blob_url", f"file://{self.data_dir}/blobs")
        if "argon2_at_once" not in self.model_fields_set:
            object.__setattr__(self, "argon2_at_once", max(1, _cpu_count() // self.web_concurrency))
        unsafe = refusals(self) if self.production else ()
        taken = "(APP_ENV=development takes it)"
        wrong = [*self._contradictions(), *(f"{name}: {reason} {taken}" for name, reason in unsafe)]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    @property
    def store_project(self) -> str:
        """The PROJECT of a STORE_URL like firestore://PROJECT, else an empty string."""
        scheme, _, rest = self.store_url.partition("://")
        return rest.partition("/")[0] if scheme == "firestore" else ""

    @property
    def firebase_project(self) -> str:
        """The project of Firebase Auth: GOOGLE_CLOUD_PROJECT, else ``store_project``."""
        return self.google_cloud_project or self.store_project

    @property
    def allowed_origins(self) -> list[str]:
        """The origins in CORS_ORIGINS. Without it every origin is allowed in development, and none in production."""
        if self.cors_origins is None:
            return [] if self.production else ["*"]
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]

    @property
    def picture_hosts(self) -> list[str]:
        """The hosts in DOG_PICTURE_HOSTS."""
        return [host.strip() for host in self.dog_picture_hosts.split(",") if host.strip()]

    @property
    def credentials(self) -> dict[str, str]:
        """The secrets of the services in SERVICE_CREDENTIALS, by the name of the service."""
        return dict(pair.partition(":")[::2] for pair in self._credential_pairs)

    @property
    def _credential_pairs(self) -> list[str]:
        text = self.service_credentials.get_secret_value() if self.service_credentials else ""
        return [pair.strip() for pair in text.split(",") if pair.strip()]

    @property
    def links_url(self) -> str:
        """The beginning of links in mails: PUBLIC_URL, or the address of this service on this machine."""
        return str(self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def is_ephemeral(self) -> bool:
        """Whether the store is lost when the process ends."""
        return self.store_url.startswith("memory:")

    @property
    def single_process(self) -> bool:
        """Whether only one process can serve, because the store or the files are in its memory."""
        return self.is_ephemeral or self.blob_url.startswith("memory:")

    @property
    def text_logs(self) -> bool:
        """Whether logs are written for people: as LOG_FORMAT says, or else if the standard output is a terminal."""
        return self.log_format == "text" if self.log_format else sys.stdout.isatty()

    @property
    def production(self) -> bool:
        """Whether APP_ENV is production: unsafe settings are refused, and a start creates no tables and no keys."""
        return self.app_env == "production"

    def _contradictions(self) -> Iterator[str]:
        """Yield what is wrong in every environment."""
        if not _URL.match(self.store_url):
            yield "STORE_URL: write a URL with the scheme of a store, such as sqlite:///data/portero.db"
        if self.rate_limit_url and not self.rate_limit_url.startswith(("redis://", "rediss://")):
            yield "RATE_LIMIT_URL: use redis://HOST:PORT/DB, or leave it out to count in the store"
        for name in ("rate_limit_url", "queue_url"):
            if not all(map(_is_url, (getattr(self, name) or "").split(";"))):  # AMQP takes several brokers
                yield f"{name.upper()}: write a URL such as redis://localhost:6379/0"
        for name in ("firestore_emulator_host", "firebase_auth_emulator_host"):
            if getattr(self, name) and name.upper() not in os.environ:
                yield f"{name.upper()}: export it; Google's libraries read the environment only, not .env"
        if self.single_process and self.web_concurrency > 1 and "web_concurrency" in self.model_fields_set:
            yield "WEB_CONCURRENCY: memory:// is not shared between processes; set it to 1"
        if not self.blob_url.startswith(("file://", "s3://", "gs://", "memory://")):
            yield "BLOB_URL: use file://PATH, s3://BUCKET, gs://BUCKET or memory://"
        if not self.queue_url.startswith(("inline://", "redis://", "rediss://", "amqp://", "amqps://")):
            yield "QUEUE_URL: use inline://, redis://HOST:PORT/DB, rediss://… or amqp://HOST"
        elif self.single_process and not self.queue_url.startswith("inline:"):
            yield "QUEUE_URL: workers see nothing of memory://; use inline://, or a store and blobs that last"
        if not all(_CREDENTIAL.fullmatch(":".join(pair)) for pair in self.credentials.items()):
            yield (
                "SERVICE_CREDENTIALS: write NAME:SECRET, separated by commas; "
                "a secret has 16 or more letters, digits or . _ ~ -"
            )
        if len(self.credentials) < len(self._credential_pairs):
            yield "SERVICE_CREDENTIALS: a name is there twice; give each service a name of its own"
        url = self.public_url
        if url and (url.username or url.password or url.query is not None or url.fragment is not None):
            yield "PUBLIC_URL: links in mails begin with it; leave out the user, the password, ? and #"
        if bool(self.ai_url) != bool(self.ai_model):
            yield "AI_URL, AI_MODEL: set both or neither"
        if not self.picture_hosts or not all(map(_HOST.fullmatch, self.picture_hosts)):
            yield "DOG_PICTURE_HOSTS: name hosts, such as images.dog.ceo, without https://, separated by commas"
        if not all(map(_ORIGIN.fullmatch, self.allowed_origins)):
            yield (
                "CORS_ORIGINS: name origins as browsers do, such as https://app.example.com or http://localhost:3000, "
                "in small letters, without a path and without patterns"
            )
        if self.identity == "firebase":
            if not self.firebase_web_api_key:
                yield (
                    "FIREBASE_WEB_API_KEY: needed by IDENTITY=firebase (any text with the emulator); "
                    "it is in the Firebase console under Project settings"
                )
            if self.password_min_length < 6:
                yield "PASSWORD_MIN_LENGTH: Firebase takes no password of less than 6 characters; set 6 or more"
            if not self.firebase_project:
                yield "GOOGLE_CLOUD_PROJECT: needed by IDENTITY=firebase"
        if self.argon2_memory_kib < 8 * self.argon2_parallelism:
            yield "ARGON2_MEMORY_KIB: Argon2 needs 8 KiB or more for each of ARGON2_PARALLELISM"
        if bool(self.admin_email) != bool(self.admin_password):
            yield "ADMIN_EMAIL, ADMIN_PASSWORD: set both or neither"


def _cpu_count() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
