"""The adapters that the settings choose. The libraries of the others are not loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict

from argon2 import PasswordHasher

from src.application.input_rules import InputRules
from src.application.limits import RateLimiter
from src.application.ports import (
    BlobStore,
    Clock,
    FileRelay,
    IdentityProvider,
    JobQueue,
    PictureSource,
    Run,
    TokenIssuer,
)
from src.application.sessions import Lifetimes
from src.application.summaries import Adviser
from src.domain.users import PasswordPolicy
from src.infrastructure import blobs as blob_stores
from src.infrastructure.addresses import parse_address
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.outgoing.relay import HttpRelay
from src.infrastructure.passwords import find_weakness
from src.infrastructure.stores.base import InvalidStoreUrl, Store, StoreNotReady
from src.infrastructure.stores.registry import store_class
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.signing_keys import BadKeys, KeyRing
from src.infrastructure.usernames import parse_new_username
from src.settings import ConfigurationError, Settings

THREADS = 8
"""Requests, or jobs, that one process handles at once; the pool of a SQL store has as many connections."""


def now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


@contextmanager
def store_errors(advice: str = "") -> Iterator[None]:
    """Raise ConfigurationError when STORE_URL is wrong, and with ``advice`` when its store is not ready."""
    try:
        yield
    except InvalidStoreUrl as error:
        raise ConfigurationError(f"STORE_URL: {error}") from None
    except StoreNotReady as error:
        raise ConfigurationError(f"STORE_URL: {error}{advice}") from None


class Overrides(TypedDict, total=False):
    """Adapters to use in place of those that the settings choose."""

    store: Store
    identity: IdentityProvider
    keys: KeyRing
    limiter: RateLimiter
    blobs: BlobStore
    pictures: PictureSource
    queue: JobQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """The adapters of one deployment."""

    store: Store
    identity: IdentityProvider
    keys: KeyRing
    limiter: RateLimiter
    blobs: BlobStore
    pictures: PictureSource
    relay: FileRelay | None
    adviser: Adviser | None
    queue: JobQueue | None
    """None for the queue of the settings, which can be made once there is a job runner."""


def make_adapters(settings: Settings, clock: Clock, overrides: Overrides) -> Adapters:
    """Make the adapters that are not overridden. Raises ConfigurationError."""
    store = overrides.get("store") or make_store(settings)
    return Adapters(
        store=store,
        identity=overrides.get("identity") or make_identity(settings),
        keys=overrides.get("keys") or make_keys(settings),
        limiter=overrides.get("limiter") or make_limiter(settings, store, clock),
        blobs=overrides.get("blobs") or make_blobs(settings),
        pictures=overrides.get("pictures") or DogPictures(str(settings.dog_api_url), settings.picture_hosts),
        relay=HttpRelay(str(settings.file_relay_url)) if settings.file_relay_url else None,
        adviser=make_adviser(settings),
        queue=overrides.get("queue"),
    )


def make_rules(settings: Settings, pictures: PictureSource) -> InputRules:
    """Return the rules for input."""
    passwords = PasswordPolicy(settings.password_min_length, find_weakness if settings.password_blocklist else None)
    return InputRules(
        parse_email=parse_address,
        parse_new_username=parse_new_username,
        passwords=passwords,
        check_picture=pictures.check,
    )


def make_tokens(settings: Settings, keys: KeyRing, clock: Clock) -> TokenIssuer:
    """Return the issuer of access tokens."""
    return JwtIssuer(
        keys, clock, issuer=settings.issuer, audience=settings.audience, seconds=settings.access_token_seconds
    )


def make_lifetimes(settings: Settings) -> Lifetimes:
    """Return how long sessions last."""
    idle = timedelta(seconds=settings.refresh_token_seconds)
    return Lifetimes(idle=idle, absolute=timedelta(seconds=settings.session_seconds))


def make_store(settings: Settings) -> Store:
    """Return the store of STORE_URL without connecting to it. Raises ConfigurationError."""
    with store_errors():
        return store_class(settings.store_url).open(settings.store_url, pool_size=THREADS)


def make_identity(settings: Settings) -> IdentityProvider:
    """The identity provider of IDENTITY; loads the libraries of that one only."""
    if settings.identity == "firebase":
        from src.infrastructure.identity.firebase import FirebaseIdentity

        assert settings.firebase_web_api_key
        api_key = settings.firebase_web_api_key.get_secret_value()
        return FirebaseIdentity(settings.firebase_project, api_key, parse_address)
    from src.infrastructure.identity.local import LocalIdentity

    hasher = PasswordHasher(
        time_cost=settings.argon2_time_cost,
        memory_cost=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
    )
    return LocalIdentity(hasher, at_once=settings.argon2_at_once)


def make_keys(settings: Settings) -> KeyRing:
    """The signing keys of SIGNING_KEYS, or those that ``prepare`` made. Raises ConfigurationError."""
    source = key_source(settings)
    try:
        if settings.production and isinstance(source, Path) and source.stat().st_mode & 0o077:
            raise ConfigurationError(f"SIGNING_KEYS: {source} can be read by others; type `chmod 600 {source}`")
        return KeyRing(source)
    except FileNotFoundError:
        advice = "name an existing file" if settings.signing_keys else "run `./portero prepare`"
        raise ConfigurationError(f"SIGNING_KEYS: {source} is missing; {advice}") from None
    except (BadKeys, OSError) as error:
        raise ConfigurationError(f"SIGNING_KEYS: {error}") from None


def make_limiter(settings: Settings, store: Store, clock: Clock) -> RateLimiter:
    """The counters of RATE_LIMIT_URL; loads the libraries of that one only."""
    if not settings.rate_limit:
        return NoLimits()
    if settings.rate_limit_url:
        try:
            from src.infrastructure.limits.redis import RedisLimiter
        except ImportError:
            raise ConfigurationError("RATE_LIMIT_URL: Redis needs requirements/extras.txt installed") from None

        return RedisLimiter(settings.rate_limit_url)
    return StoreLimiter(store, clock)


def make_blobs(settings: Settings) -> BlobStore:
    """The object storage of BLOB_URL. Raises ConfigurationError."""
    try:
        return blob_stores.make_blobs(settings.blob_url)
    except ValueError as error:
        raise ConfigurationError(f"BLOB_URL: {error}") from None


def make_adviser(settings: Settings) -> Adviser | None:
    """Who writes summaries, if AI_URL names one. Raises ConfigurationError."""
    if not settings.ai_url or not settings.ai_model:
        return None
    from src.infrastructure.outgoing.chat import ChatAdviser

    try:
        key = settings.ai_key.get_secret_value() if settings.ai_key else None
        return ChatAdviser(str(settings.ai_url), settings.ai_model, key)
    except ValueError as error:
        raise ConfigurationError(f"AI_URL, AI_KEY: {error}") from None


def make_queue(settings: Settings, run: Run) -> JobQueue:
    """The queue of QUEUE_URL; loads the libraries of that one only."""
    if settings.queue_url.startswith("inline:"):
        from src.infrastructure.queues.inline import InlineQueue

        return InlineQueue(run)
    try:
        from src.infrastructure.queues.celery import CeleryQueue
    except ImportError:
        raise ConfigurationError("QUEUE_URL: Celery needs requirements/extras.txt installed") from None

    return CeleryQueue(settings.queue_url)


def key_source(settings: Settings) -> str | Path:
    """The text of SIGNING_KEYS, or the file that holds it."""
    if settings.signing_keys is None:
        return settings.data_dir / "signing-keys.json"
    text = settings.signing_keys.get_secret_value()
    return Path(text[1:]) if text.startswith("@") else text
