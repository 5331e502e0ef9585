"""The settings, and the rules that they have to follow."""

import os
import re
import sys
from collections.abc import Iterator
from typing import Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, model_validator

from src.settings.passkeys import passkey_problems
from src.settings.production import REFUSALS
from src.settings.values import SettingsValues

_HOST = re.compile(r"[\w-]+(\.[\w-]+)*")
_URL = re.compile("[a-z][a-z0-9+.-]*://")
_QUEUES = ("inline://", "redis://", "rediss://", "amqp://", "amqps://")
_CREDENTIAL = re.compile(r"([A-Za-z0-9._~-]+):([A-Za-z0-9._~-]{16,})")
_ORIGIN = re.compile(r"\*|https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def _is_url(text: str) -> bool:
    """Return whether the host and the port of a URL can be read."""
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    return True


class Settings(SettingsValues):
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
        wrong = [*self._contradictions()]
        if self.production:
            unsafe = (each for each in REFUSALS if each.refuses(self))
            wrong += [f"{each.setting}: {each.reason} (APP_ENV=development takes it)" for each in unsafe]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _contradictions(self) -> Iterator[str]:
        """Yield the problems that are refused in every environment, such as settings that contradict each other."""
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
        if not self.queue_url.startswith(_QUEUES) and not self.tasks_queue:
            yield (
                "QUEUE_URL: use inline://, redis://HOST:PORT/DB, rediss://…, amqp://HOST "
                "or cloudtasks://PROJECT/LOCATION/QUEUE"
            )
        elif self.single_process and not self.queue_url.startswith("inline:"):
            yield "QUEUE_URL: workers see nothing of memory://; use inline://, or a store and blobs that last"
        if self.tasks_queue and not (self.queue_account and self.public_url):
            yield "QUEUE_ACCOUNT, PUBLIC_URL: needed by cloudtasks://: who calls this service, and where"
        if not all(_CREDENTIAL.fullmatch(":".join(pair)) for pair in self.credentials.items()):
            yield (
                "SERVICE_CREDENTIALS: write NAME:SECRET, separated by commas; "
                "a secret has 16 or more letters, digits or . _ ~ -"
            )
        if len(self.credentials) < len(self.credential_pairs):
            yield "SERVICE_CREDENTIALS: a name is there twice; give each service a name of its own"
        url = self.public_url
        if url and (url.username or url.password or url.query is not None or url.fragment is not None):
            yield "PUBLIC_URL: links in mails begin with it; leave out the user, the password, ? and #"
        if bool(self.ai_url) != bool(self.ai_model):
            yield "AI_URL, AI_MODEL: set both or neither"
        if not self.picture_hosts or not all(map(_HOST.fullmatch, self.picture_hosts)):
            yield "DOG_PICTURE_HOSTS: name hosts, such as images.dog.ceo, without https://, separated by commas"
        if not {"admin", "auditor", "uploader"}.issuperset(self.names_of_mfa_roles):
            yield "MFA_ROLES: name admin, auditor or uploader, separated by commas"
        if not all(_ORIGIN.fullmatch(origin) and _is_url(origin) for origin in self.allowed_origins):
            yield (
                "CORS_ORIGINS: name origins as browsers do, such as https://app.example.com or http://localhost:3000, "
                "in small letters, without a path and without patterns"
            )
        breach_url = self.password_breach_url
        if breach_url and not self.breach_list and not breach_url.startswith(("https://", "http://")):
            yield "PASSWORD_BREACH_URL: use file:PATH, or a URL such as https://api.pwnedpasswords.com/range"
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
        are_set = bool(self.passkey_rp_id or self.passkey_origins)
        yield from passkey_problems(self.passkey_domain, self.allowed_passkey_origins, are_set=are_set)
        if self.migrate_login_url and self.identity != "local":
            yield "MIGRATE_LOGIN_URL: needs IDENTITY=local, because Firebase keeps the passwords"
        if self.firebase_tokens and self.identity != "firebase":
            yield "FIREBASE_TOKENS: needs IDENTITY=firebase"
        if self.argon2_memory_kib < 8 * self.argon2_parallelism:
            yield "ARGON2_MEMORY_KIB: Argon2 needs 8 KiB or more for each of ARGON2_PARALLELISM"
        if bool(self.admin_email) != bool(self.admin_password):
            yield "ADMIN_EMAIL, ADMIN_PASSWORD: set both or neither"


def _cpu_count() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
