"""The registry of stores: the scheme of a URL selects the implementation."""

from pkgutil import resolve_name

from src.infrastructure.stores.driver import InvalidStoreUrl
from src.infrastructure.stores.portable import Store

_STORES = {
    "memory://": "memory:MemoryStore",
    "sqlite:///PATH": "sqlite:SqliteStore",
    "postgresql://HOST/DATABASE": "sql:SqlStore",
    "mssql://HOST/DATABASE": "sql:SqlStore",
    "firestore://PROJECT": "firestore:FirestoreStore",
    "dynamodb://REGION/PREFIX": "dynamodb:DynamoStore",
}
"""The form of the URL of each store, and its class by module. Only the module that is used is imported."""


def store_class(url: str) -> type[Store]:
    """Return the class of the store at ``url``. Raises InvalidStoreUrl for an unknown scheme or a missing library."""
    scheme = url.partition("://")[0].partition("+")[0]  # the part after + names a driver
    for form, name in _STORES.items():
        if scheme == form.partition("://")[0]:
            try:
                implementation: type[Store] = resolve_name(f"{__package__}.{name}")
            except ModuleNotFoundError as error:
                raise InvalidStoreUrl(f"{scheme}:// needs requirements/extras.txt installed ({error})") from None
            return implementation
    *forms, last = _STORES
    raise InvalidStoreUrl(f"use {', '.join(forms)} or {last}")
