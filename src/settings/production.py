"""What production refuses. `make reference` writes the table in docs/reference/settings.md from this file."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from src.settings.model import Settings

_ARGON2_MEMORY_KIB = (47104, 19456, 12288, 9216, 7168)
"""The least memory of Argon2id for 1, 2, 3, 4, and 5 or more passes over it.

See https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html.
"""


def refusals(settings: "Settings") -> Iterator[tuple[str, str]]:
    """Yield the name of each setting that is unsafe in production, with the reason and what to do about it."""
    is_shared = not settings.store_url.startswith(("memory:", "sqlite:"))
    if settings.firestore_emulator_host:
        yield "FIRESTORE_EMULATOR_HOST", "an emulator is no store for production; unset it"
    if settings.firebase_auth_emulator_host:
        yield "FIREBASE_AUTH_EMULATOR_HOST", "the emulator believes unsigned tokens; unset it"
    if settings.blob_url.startswith("gs:") and os.environ.get("STORAGE_EMULATOR_HOST"):
        yield "STORAGE_EMULATOR_HOST", "an emulator is no object storage for production; unset it"
    if settings.flask_debug:
        yield "FLASK_DEBUG", "shows the inside of the service to strangers; unset it"
    if "*" in settings.allowed_origins:
        yield "CORS_ORIGINS", "* lets every page in; list the exact origins, separated by commas"
    if not settings.rate_limit:
        yield "RATE_LIMIT", "off lets passwords be tried without end; leave it on"
    if settings.is_ephemeral:
        yield "STORE_URL", "memory:// forgets everything; use sqlite:///PATH or the URL of another store"
    if settings.blob_url.startswith("memory:"):
        yield "BLOB_URL", "memory:// forgets everything; use file://PATH, s3://BUCKET or gs://BUCKET"
    if is_shared and settings.blob_url.startswith("file:"):
        yield "BLOB_URL", "instances that share a store must share the files; use gs://BUCKET or s3://BUCKET"
    if is_shared and not settings.signing_keys:
        yield "SIGNING_KEYS", "instances that share a store must share them; set a JWK set, PEM text or @/path/to/file"
    if settings.smtp_url and not settings.public_url:
        yield "PUBLIC_URL", "links in mails need it; set the URL of your application, such as https://app.example.com"
    if settings.public_url and settings.public_url.scheme != "https":
        yield "PUBLIC_URL", "links in mails hold secrets; begin it with https://"
    if settings.smtp_url and "mail_from" not in settings.model_fields_set:
        yield "MAIL_FROM", "set the sender of mails, such as accounts@example.com"
    if settings.issuer.lower().startswith("http://"):
        yield "ISSUER", "clients fetch the keys from this URL; begin it with https://"
    if settings.metrics_token and len(settings.metrics_token) < 16:
        yield "METRICS_TOKEN", "a short one can be guessed; use 16 characters or more"
    if settings.password_min_length < 8:
        yield "PASSWORD_MIN_LENGTH", "shorter passwords can be guessed; use 8 or more"
    if not settings.password_blocklist:
        yield "PASSWORD_BLOCKLIST", "off accepts passwords that strangers try first; leave it on"
    if settings.argon2_memory_kib < _ARGON2_MEMORY_KIB[min(settings.argon2_time_cost, 5) - 1]:
        yield "ARGON2_MEMORY_KIB", "hashes must cost enough; use 19456 or more, and 47104 with ARGON2_TIME_COST=1"
