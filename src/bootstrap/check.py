"""Whether everything that the settings name is there and answers."""

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
    require_store,
)
from src.bootstrap.prepare import require_tables
from src.domain.errors import PorteroError
from src.settings import ConfigurationError, Settings


def check(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """What was checked, and what is wrong with it."""
    source = key_source(settings)
    yield "settings", None
    yield _outcome(
        f"signing keys in {source if isinstance(source, Path) else 'SIGNING_KEYS'}", partial(make_keys, settings)
    )
    yield _outcome("tables", partial(require_tables, settings))
    yield _outcome(f"store {_shown(settings.store_url)}", lambda: require_store(make_store(settings)))
    if settings.rate_limit_url:
        count = Count(GUESTS, "check")
        yield _outcome("rate limits", lambda: make_limiter(settings, make_store(settings), now).check(count))
    yield _outcome(f"object storage {settings.blob_url}", lambda: _probe(make_blobs(settings)))
    if not settings.queue_url.startswith("inline:"):
        # A doorbell for no job: a worker that hears it finds nothing to do.
        yield _outcome("queue", lambda: make_queue(settings, lambda _: None).send("check"))
    yield _outcome(f"identity provider {settings.identity}", lambda: make_identity(settings).exists("nobody"))


def _shown(url: str) -> str:
    """The URL of a store without its password."""
    if url.startswith(("memory:", "firestore:")):
        return url
    from sqlalchemy import make_url

    return make_url(url).set(query={}).render_as_string()


def _outcome(name: str, step: Callable[[], object]) -> tuple[str, str | None]:
    try:
        step()
    except (PorteroError, ConfigurationError) as error:
        return name, f"{error}" + (f" ({error.__cause__})" if error.__cause__ else "")
    return name, None


def _probe(blobs: BlobStore) -> None:
    """Raises Unavailable when nothing can be stored there."""
    blobs.put("check/probe", [b"portero"])
    blobs.delete("check/probe")
