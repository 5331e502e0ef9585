"""Base class of the stores whose tables Alembic creates."""

from abc import abstractmethod

from src.infrastructure.stores.driver import StoreNotReady
from src.infrastructure.stores.migrations import newest_version
from src.infrastructure.stores.portable import Store


class MigratedStore(Store):
    """A store with tables, which migrations bring up to date."""

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
