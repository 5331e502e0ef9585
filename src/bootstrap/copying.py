"""Opens the two stores of a copy."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from src.bootstrap.adapters import THREADS, now
from src.infrastructure.copying import CopyRefused, StoreCopy
from src.infrastructure.stores.driver import InvalidStoreUrl, StoreNotReady
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.registry import store_class
from src.settings import ConfigurationError


@contextmanager
def open_copy(source: str, target: str) -> Iterator[StoreCopy]:
    """Yield a copy between the stores at two URLs. The tables of the target are created.

    Raises ConfigurationError if a URL is not valid, the source is not ready, or the target holds other data.
    """
    with ExitStack() as stack:
        with _errors("--from"):
            store_class(_lasting(source)).check(source)
            opened = stack.enter_context(closing(_open(source)))
        with _errors("--to"):
            store_class(_lasting(target)).prepare(target)
            copy = StoreCopy(opened, stack.enter_context(closing(_open(target))), now())
            copy.check_target()
            yield copy


def _lasting(url: str) -> str:
    if url.startswith("memory:"):
        raise InvalidStoreUrl("memory:// is lost with its process; name another store")
    return url


def _open(url: str) -> Store:
    return store_class(url).open(url, pool_size=THREADS)


@contextmanager
def _errors(option: str) -> Iterator[None]:
    try:
        yield
    except (InvalidStoreUrl, StoreNotReady, CopyRefused) as error:
        raise ConfigurationError(f"{option}: {error}") from None
