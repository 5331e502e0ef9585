"""The service put together: the only module that knows the adapters and the use cases.

Nothing is made when it is imported, and what a deployment has not chosen is not even loaded.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher

from src.application.accounts import Accounts, Sweep
from src.application.administration import EnsureAdmin, ListAll, MakeAdmin, SetDisabled
from src.application.directory import AddPerson, ChangeUser, DeleteUser, ListUsers, ShowUser
from src.application.limits import RateLimiter
from src.application.ports import IdentityProvider
from src.application.sessions import (
    Authenticate,
    BecomeGuest,
    EndSession,
    ExchangeToken,
    FindProfile,
    Lifetimes,
    ListSessions,
    LogIn,
    LogOut,
    LogOutEverywhere,
    Refresh,
    RenewToken,
    StartSession,
)
from src.application.users import ChangePassword, ChangeProfile, DeleteAccount, Register
from src.domain.users import PasswordPolicy
from src.infrastructure.addresses import parse_address
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.logs import audit
from src.infrastructure.passwords import common_passwords
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.base import Key, Store
from src.infrastructure.stores.schema import CLAIMS
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.keys import BadKeys, KeyRing
from src.infrastructure.tokens.refresh import DerivedRefreshTokens
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings

THREADS = 8
"""Requests that one process handles at once."""


def now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def make_store(settings: Settings) -> Store:
    """The store of STORE_URL; loads the libraries of that one only."""
    scheme, _, rest = settings.store_url.partition("://")
    if scheme == "memory":
        from src.infrastructure.stores.memory import MemoryStore

        return MemoryStore()
    if scheme == "firestore":
        from src.infrastructure.stores.firestore import FirestoreStore

        return FirestoreStore(settings.store_project, rest.partition("/")[2] or "(default)")
    from src.infrastructure.stores.sql import SqlStore, make_engine

    return SqlStore(make_engine(settings.store_url, pool_size=THREADS))


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


def make_limiter(settings: Settings, store: Store) -> RateLimiter:
    """The counters of RATE_LIMIT_URL; loads the libraries of that one only."""
    if not settings.rate_limit:
        return NoLimits()
    if settings.rate_limit_url:
        try:
            from src.infrastructure.limits.redis import RedisLimiter
        except ImportError:
            raise ConfigurationError("RATE_LIMIT_URL: Redis needs requirements/extras.txt installed") from None

        return RedisLimiter(settings.rate_limit_url)
    return StoreLimiter(store, now)


def wire(
    settings: Settings, *, store: Store, identity: IdentityProvider, keys: KeyRing, limiter: RateLimiter
) -> Services:
    """Everything put together. Connects to nothing."""
    users, sessions = Users(store), Sessions(store)
    accounts = Accounts(users, identity, now, owned=[sessions.remove_of])
    lifetimes = Lifetimes(
        idle=timedelta(seconds=settings.refresh_token_seconds), absolute=timedelta(seconds=settings.session_seconds)
    )
    refresh_tokens = DerivedRefreshTokens(keys)
    tokens = JwtIssuer(
        keys, now, issuer=settings.issuer, audience=settings.audience, seconds=settings.access_token_seconds
    )
    start = StartSession(sessions, tokens, refresh_tokens, lifetimes, now)
    profiles = FindProfile(users, now)
    make_admin = MakeAdmin(accounts, now)
    common = common_passwords() if settings.password_blocklist else frozenset[str]()
    return Services(
        accounts=accounts,
        add_person=AddPerson(accounts, now),
        authenticate=Authenticate(sessions, identity, tokens, profiles, now),
        become_guest=BecomeGuest(users, start, lifetimes, limiter, now),
        change_password=ChangePassword(accounts, identity, limiter, audit, now),
        change_profile=ChangeProfile(accounts, now),
        change_user=ChangeUser(accounts, audit, now),
        delete_account=DeleteAccount(accounts, audit),
        delete_user=DeleteUser(accounts, audit),
        end_session=EndSession(sessions, audit, now),
        ensure_admin=EnsureAdmin(users, make_admin),
        exchange_token=ExchangeToken(identity, profiles, start, audit) if identity.remote else None,
        list_all=ListAll(users),
        list_sessions=ListSessions(sessions, now),
        list_users=ListUsers(users, parse_address),
        log_in=LogIn(users, identity, start, parse_address, limiter, audit),
        log_out=LogOut(sessions, audit),
        log_out_everywhere=LogOutEverywhere(users, identity, audit, now),
        make_admin=make_admin,
        refresh=Refresh(users, sessions, tokens, refresh_tokens, lifetimes, audit, now),
        register=Register(accounts, limiter, now),
        renew_token=RenewToken(tokens),
        set_disabled=SetDisabled(users, audit, now),
        show_user=ShowUser(users),
        start_session=start,
        sweep=Sweep(accounts, store.remove_expired, now),
        addresses=parse_address,
        audit=audit,
        passwords=PasswordPolicy(settings.password_min_length, common),
        public_keys=keys.public,
        check_store=lambda: read(store),
    )


def make_services(settings: Settings) -> Services:
    """The services of these settings."""
    store = make_store(settings)
    return wire(
        settings,
        store=store,
        identity=make_identity(settings),
        keys=make_keys(settings),
        limiter=make_limiter(settings, store),
    )


def key_source(settings: Settings) -> str | Path:
    """The text of SIGNING_KEYS, or the file that holds it."""
    if settings.signing_keys is None:
        return settings.data_dir / "signing-keys.json"
    text = settings.signing_keys.get_secret_value()
    return Path(text[1:]) if text.startswith("@") else text


def read(store: Store) -> None:
    """Raises Unavailable when the store cannot be read."""
    store.get(Key(CLAIMS, "ready"))
