"""Base class of the stores whose tables Alembic creates."""

from abc import abstractmethod
from pathlib import Path

from src.infrastructure.stores.driver import StoreNotReady
from src.infrastructure.stores.portable import Store


class MigratedStore(Store):
    """A store whose tables are created and updated by migrations."""

    @classmethod
    @abstractmethod
    def _version(cls, url: str) -> str | None:
        """Return the newest migration that was applied to a database, or None. Raises as ``prepare`` does."""

    @classmethod
    def prepare(cls, url: str) -> None:
        if cls._version(url) != newest_version():
            # SQLAlchemy and Alembic take longer to import than the rest of the service.
            from src.infrastructure.stores.migrations.upgrade import upgrade

            upgrade(url)

    @classmethod
    def check(cls, url: str) -> None:
        if cls._version(url) != newest_version():
            raise StoreNotReady("its tables are missing or old")


def newest_version() -> str:
    """Return the number of the newest migration."""
    return max(file.name.partition("_")[0] for file in Path(__file__).parent.glob("migrations/versions/[0-9]*.py"))
