"""Checks that everything the settings name exists and answers."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from src.application.limits import GUESTS, Count
from src.bootstrap.adapters import (
    make_blobs,
    make_breaches,
    make_limiter,
    make_login_source,
    make_mailer,
    make_relying_party,
    make_remote_accounts,
    make_store,
    now,
    store_errors,
)
from src.bootstrap.keys import data_key_source, key_source, make_keys, require_data_keys
from src.bootstrap.mails import preview_mail
from src.bootstrap.prepare import require_tables, require_usable
from src.bootstrap.queues import make_queue
from src.bootstrap.tracing import load_tracing
from src.domain.errors import PorteroError, Unavailable
from src.domain.mails import MailKind
from src.infrastructure.stores.registry import store_class
from src.interfaces.languages import LANGUAGES
from src.settings import ConfigurationError, Settings

_MAX_CAUSE = 300
"""The maximum number of characters of a library's error message that are shown."""


@dataclass(frozen=True, slots=True)
class _Check:
    """A check. ``run`` raises PorteroError or ConfigurationError when it fails, and writes nothing."""

    name: str
    run: Callable[[], object]
    remedy: str = ""
    """A sentence without its end: what to do about a service that does not answer."""

    def problem(self) -> str | None:
        """Return a line with the problem and its remedy, or None if the check succeeds."""
        try:
            self.run()
        except (PorteroError, ConfigurationError) as error:
            return _explanation(error, self.remedy)
        return None


def check(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each check, and a description of the problem or None.

    Raises ConfigurationError for an unknown store.
    """
    for each in _checks(settings):
        yield each.name, each.problem()


def check_storage(settings: Settings) -> str | None:
    """Return a description of the problem of the object storage, such as a bucket that does not exist, or None."""
    return _storage(settings).problem()


def _explanation(error: Exception, remedy: str) -> str:
    """Return a line with the problem that an error describes, and its remedy.

    The message of a ConfigurationError contains both, so ``remedy`` is added for other errors only.
    """
    said = str(error)
    if isinstance(error, Unavailable):
        reason = error.__cause__.strerror if isinstance(error.__cause__, OSError) else None
        cause = " ".join(str(reason or error.__cause__ or "").split())[:_MAX_CAUSE].rstrip(".")
        said = f"It cannot be used: {cause}." if cause else "It cannot be used."
    return f"{said} {remedy}." if remedy and isinstance(error, PorteroError) else said


def _checks(settings: Settings) -> Iterator[_Check]:
    """Yield the checks of everything that the settings name. Raises ConfigurationError for an unknown store."""
    yield from _own_checks(settings)
    yield _storage(settings)
    yield from _checks_of_others(settings)


def _own_checks(settings: Settings) -> Iterator[_Check]:
    """Yield the checks of the keys, the store and the counters. Raises ConfigurationError for an unknown store."""
    source = key_source(settings)
    with store_errors():
        store = store_class(settings.store_url).describe(settings.store_url)
    yield _Check("settings", lambda: require_usable(settings))
    yield _Check(
        f"signing keys in {source if isinstance(source, Path) else 'SIGNING_KEYS'}", lambda: make_keys(settings)
    )
    data_source = data_key_source(settings)
    yield _Check(
        f"data keys in {data_source if isinstance(data_source, Path) else 'DATA_KEYS'}",
        lambda: require_data_keys(settings),
    )
    if settings.otel_exporter_otlp_endpoint:
        yield _Check("traces", lambda: load_tracing(settings))
    yield _Check("tables", lambda: require_tables(settings))
    yield _Check(
        f"store {store}", lambda: _read_store(settings), "Start the store, restore a backup, or correct STORE_URL"
    )
    if settings.rate_limit_url:
        yield _Check("rate limits", lambda: _read_limits(settings), "Start Redis, or correct RATE_LIMIT_URL")


def _checks_of_others(settings: Settings) -> Iterator[_Check]:
    """Yield the checks of the services of others that the settings name, and of the templates of mails."""
    if not settings.queue_url.startswith("inline:"):
        yield _Check(
            "queue",
            lambda: make_queue(settings, lambda _: None).check(),
            "Start the broker, or correct QUEUE_URL",
        )
    remote = make_remote_accounts(settings)
    yield _Check(
        f"identity provider {settings.identity}",
        lambda: remote and remote.get("nobody"),
        "See whether the service account may manage the users of GOOGLE_CLOUD_PROJECT",
    )
    if settings.passkey_domain:
        pages = ", ".join(settings.allowed_passkey_origins)
        yield _Check(f"passkeys of {settings.passkey_domain} on {pages}", make_relying_party(settings))
    if settings.smtp_url:
        yield _Check("mail server", lambda: _check_mailer(settings), "Start the mail server, or correct SMTP_URL")
    if settings.password_breach_url:
        yield _Check(
            "leaked passwords", lambda: _read_breaches(settings), "Start the service, or correct PASSWORD_BREACH_URL"
        )
    if settings.migrate_login_url:
        yield _Check(
            "login migration", lambda: _ask_source(settings), "Start or mend the service, or correct MIGRATE_LOGIN_URL"
        )
    if settings.mail_templates:
        yield _Check(f"mail templates in {settings.mail_templates}", lambda: _read_templates(settings))


def _storage(settings: Settings) -> _Check:
    return _Check(
        f"object storage {settings.blob_url}",
        lambda: make_blobs(settings).check(),
        "Create the folder or the bucket, permit to use it, or correct BLOB_URL",
    )


def _read_store(settings: Settings) -> None:
    """Raise Unavailable when the store cannot be read."""
    with closing(make_store(settings)) as store:
        store.ping()


def _read_limits(settings: Settings) -> None:
    """Raise Unavailable when the counters of RATE_LIMIT_URL cannot be read."""
    with closing(make_store(settings)) as store:
        make_limiter(settings, store, now).check(Count(GUESTS, "check"))


def _read_breaches(settings: Settings) -> None:
    """Raise AttemptFailed or ConfigurationError when PASSWORD_BREACH_URL cannot be used."""
    breaches = make_breaches(settings)
    if breaches:
        breaches.check()


def _ask_source(settings: Settings) -> None:
    """Raise AttemptFailed when MIGRATE_LOGIN_URL does not answer, or accepts every login."""
    source = make_login_source(settings, make_keys(settings), now)
    if source:
        source.check()


def _check_mailer(settings: Settings) -> None:
    mailer = make_mailer(settings, now)
    if mailer:
        mailer.check()


def _read_templates(settings: Settings) -> None:
    """Raise AttemptFailed for the first template of mails that has a mistake."""
    for kind, language in product(MailKind, LANGUAGES):
        preview_mail(settings, kind, language)
