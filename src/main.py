"""The composition root: the only module that knows every side.

Run it for the command line; ``create_app`` is the WSGI entry point. Nothing is made when it is imported, and
what a deployment has not chosen is not even loaded.
"""

import fcntl
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from argon2 import PasswordHasher
from flask import Flask

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
from src.domain.errors import PorteroError, Taken
from src.domain.users import PasswordPolicy
from src.domain.values import InvalidValue
from src.infrastructure.addresses import parse_address
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.logs import audit, configure_logs
from src.infrastructure.passwords import common_passwords
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.base import Key, Store
from src.infrastructure.stores.schema import CLAIMS
from src.infrastructure.sweeper import repeat
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.keys import BadKeys, KeyRing, SigningKey, as_jwk_set, parse_keys, write_keys
from src.infrastructure.tokens.refresh import DerivedRefreshTokens
from src.interfaces.cli import Console, cli, explain
from src.interfaces.http import app as http
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings, load_settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

VERSION = "0.1.0"
THREADS = 8
"""Requests that one process handles at once."""
SWEEP_EVERY_SECONDS = 30.0


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
    source = _key_source(settings)
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
        from src.infrastructure.limits.redis import RedisLimiter

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
        exchange_token=ExchangeToken(identity, profiles, start) if identity.remote else None,
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
        set_disabled=SetDisabled(users, now),
        show_user=ShowUser(users),
        start_session=start,
        sweep=Sweep(accounts, store.remove_expired, now),
        addresses=parse_address,
        audit=audit,
        passwords=PasswordPolicy(settings.password_min_length, common),
        public_keys=keys.public,
        check_store=lambda: _read(store),
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


def create_app() -> Flask:
    """The WSGI application, from the environment. Raises ConfigurationError.

    Call it after the fork of a web server: connections and threads do not survive one.
    """
    settings = load_settings()
    _demand_tables(settings)
    configure_logs(settings.firebase_project)
    services = make_services(settings)
    if settings.forgetful:  # what `prepare` made is gone with its process
        _ensure_admin(settings, services)
    repeat(services.sweep, SWEEP_EVERY_SECONDS)
    return http.create_app(
        services,
        VERSION,
        cors_origins=settings.allowed_origins,
        trusted_proxies=settings.trusted_proxies,
        https=settings.production,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )


def prepare(settings: Settings) -> None:
    """Make what a start needs and is missing: folder, tables, keys, the first admin. Can be repeated."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(settings.data_dir / "prepare.lock"):
            _migrate(settings)
            source = _key_source(settings)
            if isinstance(source, Path) and not settings.signing_keys:
                write_keys(source, [SigningKey.generate()], replace=False)
    except OSError as error:
        raise ConfigurationError(f"DATA_DIR: {settings.data_dir} cannot be used ({error.strerror})") from None
    if not settings.forgetful:
        _ensure_admin(settings, make_services(settings))


def serve(settings: Settings) -> None:
    """Become the web server. In development, prepare first."""
    if not settings.production:
        prepare(settings)
    _demand_tables(settings)
    make_keys(settings)
    _demand_address(settings)
    click.echo(f"Portero: http://localhost:{settings.port}/docs", err=True)
    environment = os.environ | {
        "PORT": str(settings.port),
        "HOST": settings.host,
        "WEB_CONCURRENCY": "1" if settings.forgetful else str(settings.web_concurrency),
        # Without it every thread keeps its own heap, and Argon2's memory is kept many times over.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "1"),
    }
    if settings.metrics_token:
        environment["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="portero-metrics-")
    root = Path(__file__).parent.parent
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(root / "gunicorn.conf.py"),
        "src.main:create_app()",
    ]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell: gunicorn gets this process id


def check(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """What was checked, and what is wrong with it."""

    def outcome(name: str, step: Callable[[], object]) -> tuple[str, str | None]:
        try:
            step()
        except (PorteroError, ConfigurationError) as error:
            return name, f"{error}" + (f" ({error.__cause__})" if error.__cause__ else "")
        return name, None

    yield "settings", None
    yield outcome(f"signing keys in {_shown(_key_source(settings))}", lambda: make_keys(settings))
    yield outcome("tables", lambda: _demand_tables(settings))
    yield outcome(
        f"store {settings.store_url.partition('@')[2] or settings.store_url}",
        lambda: _read(make_store(settings)),
    )
    yield outcome(f"identity provider {settings.identity}", lambda: make_identity(settings).exists("nobody"))


def rotate_keys(settings: Settings, keep: int) -> str:
    """Put a new key first and keep ``keep`` old ones; returns its id. Raises ConfigurationError."""
    source = _key_source(settings)
    if not isinstance(source, Path):
        raise ConfigurationError("SIGNING_KEYS: is text; put a key from `./portero keys new` first in it and restart")
    make_keys(settings)
    new = SigningKey.generate()
    with _alone(source.with_suffix(".lock")):
        write_keys(source, [new, *parse_keys(source.read_text())[:keep]], replace=True)
    return new.kid


def main() -> None:
    """The command line."""
    console = Console(
        services=lambda: make_services(load_settings()),
        prepare=lambda: prepare(load_settings()),
        serve=lambda: serve(load_settings()),
        check=lambda: check(load_settings()),
        rotate_keys=lambda keep: rotate_keys(load_settings(), keep),
        new_keys=lambda: as_jwk_set([SigningKey.generate()]),
    )
    try:
        cli(obj=console, prog_name="portero")
    except (ConfigurationError, PorteroError, InvalidValue) as error:
        click.echo(explain(error), err=True)
        sys.exit(2)


def _key_source(settings: Settings) -> str | Path:
    """The text of SIGNING_KEYS, or the file that holds it."""
    if settings.signing_keys is None:
        return settings.data_dir / "signing-keys.json"
    text = settings.signing_keys.get_secret_value()
    return Path(text[1:]) if text.startswith("@") else text


def _read(store: Store) -> None:
    """Raises Unavailable when the store cannot be read."""
    store.get(Key(CLAIMS, "ready"))


def _shown(source: str | Path) -> str:
    return str(source) if isinstance(source, Path) else "SIGNING_KEYS"


def _engine(settings: Settings) -> "Engine | None":
    if settings.store_url.partition("://")[0] in ("memory", "firestore"):
        return None
    from src.infrastructure.stores.sql import make_engine

    return make_engine(settings.store_url, pool_size=1)


def _demand_address(settings: Settings) -> None:
    """Raises ConfigurationError when somebody else listens there: gunicorn would share the port, or try for ever."""
    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError as error:
        raise ConfigurationError(
            f"HOST, PORT: {settings.host}:{settings.port} cannot be used ({error.strerror})"
        ) from None


def _migrate(settings: Settings) -> None:
    """Raises ConfigurationError when the database cannot be opened."""
    engine = _engine(settings)
    if engine is None:
        return
    from sqlalchemy.exc import OperationalError

    from src.infrastructure.stores.migrations import migrate

    try:
        migrate(engine)
    except OperationalError as error:
        raise ConfigurationError(f"STORE_URL: cannot be opened ({error.orig})") from None
    finally:
        engine.dispose()


def _demand_tables(settings: Settings) -> None:
    """Raises ConfigurationError when the migrations have not been applied."""
    engine = _engine(settings)
    if engine is None:
        return
    from sqlalchemy.exc import OperationalError

    from src.infrastructure.stores.migrations import migrated

    try:
        ready = migrated(engine)
    except OperationalError as error:
        raise ConfigurationError(f"STORE_URL: cannot be opened ({error.orig}); run `./portero prepare`") from None
    finally:
        engine.dispose()
    if not ready:
        raise ConfigurationError("STORE_URL: its tables are missing or old; run `./portero prepare`")


def _ensure_admin(settings: Settings, services: Services) -> None:
    """Make the admin of the settings, if there is none yet."""
    if not settings.admin_email or not settings.admin_password:
        return
    password = settings.admin_password.get_secret_value()
    try:
        address = services.addresses(settings.admin_email)
        services.passwords.check(password, settings.admin_email)
        services.ensure_admin(address, password)
    except InvalidValue as error:
        raise ConfigurationError(f"ADMIN_EMAIL, ADMIN_PASSWORD: {error}") from None
    except Taken:
        raise ConfigurationError("ADMIN_EMAIL: the address belongs to a user who is no admin") from None


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process of this machine at a time."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
