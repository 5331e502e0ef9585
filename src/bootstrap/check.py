"""Checks that everything the settings name exists and answers."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from src.application.limits import GUESTS, Count
from src.application.ports import BlobStore
from src.bootstrap.adapters import (
    key_source,
    make_blobs,
    make_identity,
    make_keys,
    make_limiter,
    make_mailer,
    make_queue,
    make_store,
    now,
    store_errors,
)
from src.bootstrap.mails import preview_mail
from src.bootstrap.prepare import require_tables
from src.domain.errors import PorteroError
from src.domain.mails import MailKind
from src.infrastructure.stores.registry import store_class
from src.interfaces.languages import LANGUAGES
from src.settings import ConfigurationError, Settings


def check(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each check, and what is wrong or None. Raises ConfigurationError for an unknown store."""
    for name, step in _steps(settings):
        try:
            step()
        except (PorteroError, ConfigurationError) as error:
            yield name, f"{error}" + (f" ({error.__cause__})" if error.__cause__ else "")
        else:
            yield name, None


def _steps(settings: Settings) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the name of each check, and a function that raises PorteroError or ConfigurationError when it fails."""
    source = key_source(settings)
    with store_errors():
        store = store_class(settings.store_url).describe(settings.store_url)
    yield "settings", lambda: None
    yield f"signing keys in {source if isinstance(source, Path) else 'SIGNING_KEYS'}", lambda: make_keys(settings)
    yield "tables", lambda: require_tables(settings)
    yield f"store {store}", lambda: make_store(settings).ping()
    if settings.rate_limit_url:
        count = Count(GUESTS, "check")
        yield "rate limits", lambda: make_limiter(settings, make_store(settings), now).check(count)
    yield f"object storage {settings.blob_url}", lambda: _probe(make_blobs(settings))
    if not settings.queue_url.startswith("inline:"):
        # No job has this id, so that a worker that receives it finds nothing to do.
        yield "queue", lambda: make_queue(settings, lambda _: None).send("check")
    yield f"identity provider {settings.identity}", lambda: make_identity(settings).account("nobody")
    if settings.smtp_url:
        yield "mail server", lambda: _check_mailer(settings)
    if settings.mail_templates:
        yield f"mail templates in {settings.mail_templates}", lambda: _read_templates(settings)


def _probe(blobs: BlobStore) -> None:
    """Raise Unavailable when objects cannot be stored."""
    blobs.put("check/probe", [b"portero"])
    blobs.delete("check/probe")


def _check_mailer(settings: Settings) -> None:
    mailer = make_mailer(settings, now)
    if mailer:
        mailer.check()


def _read_templates(settings: Settings) -> None:
    """Raise AttemptFailed for the first template of mails that has a mistake."""
    for kind, language in product(MailKind, LANGUAGES):
        preview_mail(settings, kind, language)
