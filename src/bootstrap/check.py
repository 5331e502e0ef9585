"""Checks that everything the settings name exists and answers."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from src.application.limits import GUESTS, Count
from src.application.ports import BlobStore
from src.bootstrap.adapters import (
    key_source,
    make_blobs,
    make_identity,
    make_keys,
    make_limiter,
    make_queue,
    make_store,
    now,
    store_errors,
)
from src.bootstrap.prepare import require_tables
from src.domain.errors import PorteroError
from src.infrastructure.stores.registry import store_class
from src.settings import ConfigurationError, Settings


def check(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each check, and what is wrong or None. Raises ConfigurationError for an unknown store."""
    source = key_source(settings)
    with store_errors():
        store = store_class(settings.store_url).describe(settings.store_url)
    yield "settings", None
    yield _outcome(
        f"signing keys in {source if isinstance(source, Path) else 'SIGNING_KEYS'}", partial(make_keys, settings)
    )
    yield _outcome("tables", partial(require_tables, settings))
    yield _outcome(f"store {store}", make_store(settings).ping)
    if settings.rate_limit_url:
        count = Count(GUESTS, "check")
        yield _outcome("rate limits", lambda: make_limiter(settings, make_store(settings), now).check(count))
    yield _outcome(f"object storage {settings.blob_url}", lambda: _probe(make_blobs(settings)))
    if not settings.queue_url.startswith("inline:"):
        # The id of no job: a worker that receives it finds nothing to do.
        yield _outcome("queue", lambda: make_queue(settings, lambda _: None).send("check"))
    yield _outcome(f"identity provider {settings.identity}", lambda: make_identity(settings).exists("nobody"))


def _outcome(name: str, step: Callable[[], object]) -> tuple[str, str | None]:
    try:
        step()
    except (PorteroError, ConfigurationError) as error:
        return name, f"{error}" + (f" ({error.__cause__})" if error.__cause__ else "")
    return name, None


def _probe(blobs: BlobStore) -> None:
    """Raise Unavailable when objects cannot be stored."""
    blobs.put("check/probe", [b"portero"])
    blobs.delete("check/probe")
