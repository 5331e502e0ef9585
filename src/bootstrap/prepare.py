"""What a start needs and may be missing: folder, tables, keys, the first admin."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from src.bootstrap.adapters import key_source, make_keys
from src.bootstrap.wiring import wire
from src.domain.errors import Taken
from src.domain.values import InvalidValue
from src.infrastructure.tokens.signing_keys import SigningKey, parse_keys, write_keys
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


def prepare(settings: Settings) -> None:
    """Make what is missing. Can be repeated. Raises ConfigurationError."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _exclusive(settings.data_dir / "prepare.lock"):
            _migrate(settings)
            source = key_source(settings)
            if isinstance(source, Path) and not settings.signing_keys:
                write_keys(source, [SigningKey.generate()], replace=False)
    except OSError as error:
        raise ConfigurationError(f"DATA_DIR: {settings.data_dir} cannot be used ({error.strerror})") from None
    if not settings.is_ephemeral:
        ensure_admin(settings, wire(settings))


def require_tables(settings: Settings) -> None:
    """Raises ConfigurationError when the migrations have not been applied."""
    with _database(settings, "; run `./portero prepare`") as engine:
        if engine:
            from src.infrastructure.stores.migrations import migrated

            if not migrated(engine):
                raise ConfigurationError("STORE_URL: its tables are missing or old; run `./portero prepare`")


def ensure_admin(settings: Settings, services: Services) -> None:
    """Make the admin of the settings, if there is none yet. Raises ConfigurationError."""
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


def rotate_keys(settings: Settings, keep: int) -> str:
    """Put a new key first and keep ``keep`` old ones; returns its id. Raises ConfigurationError."""
    source = key_source(settings)
    if not isinstance(source, Path):
        raise ConfigurationError("SIGNING_KEYS: is text; put a key from `./portero keys new` first in it and restart")
    make_keys(settings)
    new = SigningKey.generate()
    with _exclusive(source.with_suffix(".lock")):
        write_keys(source, [new, *parse_keys(source.read_text())[:keep]], replace=True)
    return new.kid


def _migrate(settings: Settings) -> None:
    with _database(settings) as engine:
        if engine:
            from src.infrastructure.stores.migrations import migrate

            migrate(engine)


@contextmanager
def _database(settings: Settings, advice: str = "") -> Iterator["Engine | None"]:
    """That of a SQL store. Raises ConfigurationError when it cannot be opened."""
    if settings.store_url.partition("://")[0] in ("memory", "firestore"):
        yield None
        return
    from sqlalchemy.exc import OperationalError

    from src.infrastructure.stores.sql import make_engine

    engine = make_engine(settings.store_url, pool_size=1)
    try:
        yield engine
    except OperationalError as error:
        raise ConfigurationError(f"STORE_URL: cannot be opened ({error.orig}){advice}") from None
    finally:
        engine.dispose()


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    """One process of this machine at a time."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
