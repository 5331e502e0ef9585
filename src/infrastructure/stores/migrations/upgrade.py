"""Applies the migrations with Alembic."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import Engine

from src.infrastructure.stores.base import StoreNotReady


def upgrade(engine: Engine, *, lock: str) -> None:
    """Apply all missing migrations in one transaction, and dispose of the engine.

    ``lock`` is the first statement of the transaction, and makes other processes wait. Raises StoreNotReady.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(lock)
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
