"""The settings that production refuses.

`make reference` writes the table in docs/reference/settings.md from this file.
"""

import os
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import NamedTuple

from src.settings.values import SettingsValues

_ARGON2_MEMORY_KIB = (47104, 19456, 12288, 9216, 7168)
"""The least memory of Argon2id for 1, 2, 3, 4, and 5 or more passes over it.

See https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html.
"""
_OPEN_ORIGIN = re.compile(r"http://(?!(localhost|127\.[0-9.]+|\[::1\]|.*\.localhost)(:[0-9]+)?$)")
"""The beginning of an origin without encryption on another machine."""

_HTTP_HOST = re.compile(r"http://(?:[^/]*@)?(\[[^]/]*\]|[^/:]+)", re.IGNORECASE)
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".home.arpa")


class Refusal(NamedTuple):
    """A value of a setting that is unsafe in production."""

    setting: str
    reason: str
    """Why the value is unsafe, and what to do about it."""
    refuses: Callable[[SettingsValues], object]
    """Return whether the settings hold such a value."""


def _is_shared(settings: SettingsValues) -> bool:
    """Return whether instances on several machines can use the store."""
    return not settings.store_url.startswith(("memory:", "sqlite:"))


def _is_guessable(token: str) -> bool:
    return len(token.strip()) < 16 or len(set(token)) < 5


def _is_open_and_public(url: str) -> bool:
    """Return whether a URL leads to the internet without encryption.

    A host name without a dot is in a private network.
    """
    if not (found := _HTTP_HOST.match(url)):
        return False
    host = found[1].strip("[].").lower()
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_NAMES)


REFUSALS = (
    Refusal(
        "FIRESTORE_EMULATOR_HOST",
        "an emulator is no store for production; unset it",
        lambda settings: settings.firestore_emulator_host,
    ),
    Refusal(
        "FIREBASE_AUTH_EMULATOR_HOST",
        "the emulator believes unsigned tokens; unset it",
        lambda settings: settings.firebase_auth_emulator_host,
    ),
    Refusal(
        "STORAGE_EMULATOR_HOST",
        "an emulator is no object storage for production; unset it",
        lambda settings: settings.blob_url.startswith("gs:") and os.environ.get("STORAGE_EMULATOR_HOST"),
    ),
    Refusal(
        "FLASK_DEBUG", "shows the inside of the service to strangers; unset it", lambda settings: settings.flask_debug
    ),
    Refusal(
        "CORS_ORIGINS",
        "* lets every page in; list the exact origins, separated by commas",
        lambda settings: "*" in settings.allowed_origins,
    ),
    Refusal(
        "CORS_ORIGINS",
        "a page that came without encryption may have been changed; begin its origin with https://",
        lambda settings: any(map(_OPEN_ORIGIN.match, settings.allowed_origins)),
    ),
    Refusal(
        "SERVICE_CREDENTIALS",
        "a service with the secret of another one can pass for it; give each service a secret of its own",
        lambda settings: len(set(settings.credentials.values())) < len(settings.credentials),
    ),
    Refusal(
        "RATE_LIMIT", "off lets passwords be tried without end; leave it on", lambda settings: not settings.rate_limit
    ),
    Refusal(
        "STORE_URL",
        "memory:// forgets everything; use sqlite:///PATH or the URL of another store",
        lambda settings: settings.is_ephemeral,
    ),
    Refusal(
        "BLOB_URL",
        "memory:// forgets everything; use file://PATH, s3://BUCKET or gs://BUCKET",
        lambda settings: settings.blob_url.startswith("memory:"),
    ),
    Refusal(
        "BLOB_URL",
        "instances that share a store must share the files; use gs://BUCKET or s3://BUCKET",
        lambda settings: _is_shared(settings) and settings.blob_url.startswith("file:"),
    ),
    Refusal(
        "SIGNING_KEYS",
        "instances that share a store must share them; set a JWK set, PEM text or @/path/to/file",
        lambda settings: _is_shared(settings) and not settings.signing_keys,
    ),
    Refusal(
        "DATA_KEYS",
        "instances that share a store must share them; set keys from `openssl rand -base64 32`, or @/path/to/file",
        lambda settings: _is_shared(settings) and not settings.data_keys,
    ),
    Refusal(
        "PUBLIC_URL",
        "links in mails need it; set the URL of your application, such as https://app.example.com",
        lambda settings: settings.smtp_url and not settings.public_url,
    ),
    Refusal(
        "PUBLIC_URL",
        "links in mails hold secrets; begin it with https://",
        lambda settings: settings.public_url and settings.public_url.scheme != "https",
    ),
    Refusal(
        "PUBLIC_URL",
        "links in mails must lead here from other machines; set the URL of your application",
        lambda settings: settings.public_url and settings.public_url.host in ("localhost", "127.0.0.1", "[::1]"),
    ),
    Refusal(
        "PASSKEY_RP_ID",
        "localhost is another machine for each visitor; name the domain of your application",
        lambda settings: settings.passkey_rp_id == "localhost",
    ),
    Refusal(
        "MAIL_FROM",
        "set the sender of mails, such as accounts@example.com",
        lambda settings: settings.smtp_url and "mail_from" not in settings.model_fields_set,
    ),
    Refusal(
        "ISSUER",
        "clients fetch the keys from this URL; begin it with https://",
        lambda settings: "://" in settings.issuer and not settings.issuer.lower().startswith("https://"),
    ),
    Refusal(
        "METRICS_TOKEN",
        "a short one, or one of few characters, can be guessed; use 16 random characters or more",
        lambda settings: settings.metrics_token and _is_guessable(settings.metrics_token.get_secret_value()),
    ),
    Refusal(
        "SERVICE_CREDENTIALS",
        "a short secret, or one of few characters, can be guessed; use 16 random characters or more",
        lambda settings: any(map(_is_guessable, settings.credentials.values())),
    ),
    Refusal(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "traces tell how the service is used; begin it with https://, or use a collector in the private network",
        lambda settings: _is_open_and_public(str(settings.otel_exporter_otlp_endpoint or "")),
    ),
    Refusal(
        "AI_URL",
        "AI_KEY can be read on its way there; begin it with https://",
        lambda settings: settings.ai_key and _is_open_and_public(str(settings.ai_url or "")),
    ),
    Refusal(
        "PASSWORD_MIN_LENGTH",
        "shorter passwords can be guessed; use 8 or more",
        lambda settings: settings.password_min_length < 8,
    ),
    Refusal(
        "PASSWORD_BLOCKLIST",
        "off accepts passwords that strangers try first; leave it on",
        lambda settings: not settings.password_blocklist,
    ),
    Refusal(
        "PASSWORD_BREACH_URL",
        "whoever sees the questions on their way learns something of new passwords; begin it with https://",
        lambda settings: _is_open_and_public(settings.password_breach_url or ""),
    ),
    Refusal(
        "MIGRATE_LOGIN_URL",
        "passwords on their way there can be read; begin it with https://",
        lambda settings: _is_open_and_public(str(settings.migrate_login_url or "")),
    ),
    Refusal(
        "ARGON2_MEMORY_KIB",
        "hashes must cost enough; use 19456 or more, and 47104 with ARGON2_TIME_COST=1",
        lambda settings: settings.argon2_memory_kib < _ARGON2_MEMORY_KIB[min(settings.argon2_time_cost, 5) - 1],
    ),
)
