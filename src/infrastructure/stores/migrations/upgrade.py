"""Applies the migrations with Alembic."""

from functools import partial
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import Engine

from src.infrastructure.stores.driver import StoreNotReady
from src.infrastructure.stores.sql.engine import make_engine
from src.infrastructure.stores.sqlite.connections import parse_path
from src.infrastructure.stores.sqlite.pool import connect


def migration_engine(url: str) -> Engine:
    """Return an engine for the migrations of the database at a STORE_URL. Raises InvalidStoreUrl."""
    if url.startswith("sqlite:"):
        return sa.create_engine("sqlite://", creator=partial(connect, parse_path(url), create=True))
    return make_engine(url, pool_size=1, bounded=False)


def upgrade(url: str) -> None:
    """Apply all missing migrations in one transaction. Raises InvalidStoreUrl and StoreNotReady."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    engine = migration_engine(url)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError:
        raise StoreNotReady(
            "its tables were made by another version of Portero; name another database, or remove this one"
        ) from None
    except sa.exc.DBAPIError as error:
        raise StoreNotReady(f"cannot be prepared ({' '.join(str(error.orig).split())})") from None
    finally:
        engine.dispose()
