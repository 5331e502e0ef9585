"""Makes the adapters that the settings choose. Libraries of other adapters are not loaded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial

from argon2 import PasswordHasher

from src.application.limits import RateLimiter
from src.application.ports import (
    BlobStore,
    Clock,
    FileRelay,
    LoginSource,
    Mailer,
    RelyingParty,
    RemoteAccounts,
)
from src.application.summaries import Adviser
from src.domain.errors import NotFound
from src.infrastructure import blobs as blob_stores
from src.infrastructure.blobs.traced import TracedBlobs
from src.infrastructure.breaches import BadList, BreachSource
from src.infrastructure.breaches.compiled import CompiledBreaches
from src.infrastructure.csv.places import CheckPlaces, available_memory, places_for
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.mails.folder import MailFolder
from src.infrastructure.stores.driver import BrokenStore, InvalidStoreUrl, StoreNotReady
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.registry import store_class
from src.infrastructure.tokens.signing_keys import KeyRing
from src.settings import ConfigurationError, Settings

THREADS = 8
"""The jobs that a worker runs at the same time, and the connections that a process opens to a SQL store."""

LOGIN_MIGRATION = "portero login migration"
"""The purpose of the secrets that sign questions to MIGRATE_LOGIN_URL."""


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


@contextmanager
def store_errors(advice: str = "") -> Iterator[None]:
    """Raise ConfigurationError when STORE_URL is wrong, and with ``advice`` when its store is not ready."""
    try:
        yield
    except (InvalidStoreUrl, BrokenStore) as error:
        raise ConfigurationError(f"STORE_URL: {error}") from None
    except StoreNotReady as error:
        raise ConfigurationError(f"STORE_URL: {error}{advice}") from None


def make_store(settings: Settings) -> Store:
    """Return the store of STORE_URL without connecting to it. Raises ConfigurationError."""
    with store_errors():
        return store_class(settings.store_url).open(settings.store_url, pool_size=THREADS)


def make_remote_accounts(settings: Settings) -> RemoteAccounts | None:
    """Return the accounts of Firebase Auth if the setting IDENTITY selects it, or None."""
    if settings.identity != "firebase":
        return None
    from src.infrastructure.identity.firebase import FirebaseAccounts

    assert settings.firebase_web_api_key
    return FirebaseAccounts(settings.firebase_project, settings.firebase_web_api_key.get_secret_value())


def make_hasher(settings: Settings) -> Argon2Hasher:
    """Return the password hasher, which limits the number of simultaneous hashes."""
    hasher = PasswordHasher(
        time_cost=settings.argon2_time_cost,
        memory_cost=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
    )
    return Argon2Hasher(hasher, at_once=settings.argon2_at_once)


def make_relying_party(settings: Settings) -> Callable[[], RelyingParty]:
    """Return a function that makes the verifier of passkeys.

    The first call of the function loads a large library. The function raises NotFound if the settings name no domain of
    passkeys.
    """

    @cache
    def make() -> RelyingParty:
        if not settings.passkey_domain:
            raise NotFound("This service takes no passkeys.")
        from src.infrastructure.factors.passkeys import Fido2RelyingParty

        return Fido2RelyingParty(settings.passkey_domain, settings.allowed_passkey_origins)

    return make


def make_limiter(settings: Settings, store: Store, clock: Clock) -> RateLimiter:
    """Return the rate limiter that the settings choose.

    It counts in the Redis of RATE_LIMIT_URL if that is set, and in the store otherwise. With RATE_LIMIT=off it limits
    nothing. Raises ConfigurationError if the limiter cannot be made from RATE_LIMIT_URL.
    """
    if not settings.rate_limit:
        return NoLimits()
    if settings.rate_limit_url:
        try:
            from src.infrastructure.limits.redis import RedisLimiter
        except ImportError:
            raise ConfigurationError("RATE_LIMIT_URL: Redis needs requirements/extras.txt installed") from None

        try:
            return RedisLimiter(settings.rate_limit_url)
        except ValueError as error:
            raise ConfigurationError(f"RATE_LIMIT_URL: {error}") from None
    return StoreLimiter(store, clock)


def make_blobs(settings: Settings) -> BlobStore:
    """Return the object storage of BLOB_URL. Raises ConfigurationError."""
    try:
        return TracedBlobs(blob_stores.make_blobs(settings.blob_url))
    except ValueError as error:
        raise ConfigurationError(f"BLOB_URL: {error}") from None


def make_check_places(settings: Settings) -> CheckPlaces:
    """Return the places for simultaneous checks of CSV files, as many as fit into the remaining memory."""
    processes = 1 if settings.single_process else settings.web_concurrency
    return CheckPlaces(places_for(available_memory(), processes))


def make_adviser(settings: Settings) -> Adviser | None:
    """Return the client of the language model at AI_URL, or None if the setting is empty. Raises ConfigurationError."""
    if not settings.ai_url or not settings.ai_model:
        return None
    from src.infrastructure.outgoing.chat import ChatAdviser

    try:
        key = settings.ai_key.get_secret_value() if settings.ai_key else None
        return ChatAdviser(str(settings.ai_url), settings.ai_model, key)
    except ValueError as error:
        raise ConfigurationError(f"AI_URL, AI_KEY: {error}") from None


def make_mailer(settings: Settings, clock: Clock) -> Mailer | None:
    """Return the client of the mail server at SMTP_URL, or else a folder in development, or None.

    Raises ConfigurationError if SMTP_URL or MAIL_FROM cannot be used.
    """
    if not settings.smtp_url:
        return None if settings.production else MailFolder(settings.data_dir / "mail")
    from src.infrastructure.mails.smtp import SmtpMailer

    try:
        url = settings.smtp_url.get_secret_value()
        return SmtpMailer(url, settings.mail_from, clock, require_tls=settings.production)
    except ValueError as error:
        raise ConfigurationError(f"SMTP_URL, MAIL_FROM: {error}") from None


def make_breaches(settings: Settings) -> BreachSource | None:
    """Return the source of leaked passwords at PASSWORD_BREACH_URL, or None if the setting is empty.

    Raises ConfigurationError if the URL or the file cannot be used. Makes no network connection.
    """
    if not settings.password_breach_url:
        return None
    try:
        if settings.breach_list:
            compiled = CompiledBreaches(settings.breach_list)
            compiled.check()
            return compiled
        from src.infrastructure.breaches.ranges import BreachRanges

        return BreachRanges(settings.password_breach_url)
    except (BadList, ValueError) as error:
        raise ConfigurationError(f"PASSWORD_BREACH_URL: {error}") from None


def make_login_source(settings: Settings, keys: KeyRing, clock: Clock) -> LoginSource | None:
    """Return the client of the former system at MIGRATE_LOGIN_URL, or None if the setting is empty.

    Raises ConfigurationError for a URL that cannot be used.
    """
    if not settings.migrate_login_url:
        return None
    from src.infrastructure.outgoing.logins import FormerLogins

    return FormerLogins(str(settings.migrate_login_url), partial(keys.derived, LOGIN_MIGRATION), clock)


def make_relay(settings: Settings) -> FileRelay | None:
    """Return the client of the relay at FILE_RELAY_URL, or None if the setting is empty."""
    if not settings.file_relay_url:
        return None
    from src.infrastructure.outgoing.relay import HttpRelay

    return HttpRelay(str(settings.file_relay_url))
