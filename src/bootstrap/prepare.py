"""Prepares a start: creates the data folder, the tables, the signing keys, and the first admin."""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from src.application.input_rules import InputRules
from src.bootstrap.adapters import make_store, now, store_errors
from src.bootstrap.keys import data_key_source, key_source, make_keys, require_data_keys
from src.bootstrap.wiring import wire
from src.domain.errors import NotFound, Taken
from src.domain.factors import Factor
from src.domain.old_secrets import valid_secrets
from src.domain.passwords import NewPassword
from src.domain.values import Email, InvalidValue
from src.domain.webhooks import Webhook
from src.infrastructure.factors.data_keys import DataKeys, as_text, new_data_key, parse_data_keys
from src.infrastructure.repositories.factors import Factors
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.webhooks import Webhooks
from src.infrastructure.stores.registry import store_class
from src.infrastructure.tokens.signing_keys import (
    KeyRing,
    SigningKey,
    as_jwk_set,
    parse_keys,
    rotated,
    write_keys,
    write_secret,
)
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings


def prepare(settings: Settings) -> None:
    """Create the tables, the keys, the folders and the first admin that are missing. Can be repeated.

    Raises ConfigurationError if the settings are wrong, or if the store cannot be prepared.
    """
    with store_errors():
        store = store_class(settings.store_url)
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _exclusive(settings.data_dir / "prepare.lock"):
            with store_errors():
                store.prepare(settings.store_url)
            source = key_source(settings)
            if isinstance(source, Path) and not settings.signing_keys:
                write_keys(source, [SigningKey.generate()], replace=False)
            data_source = data_key_source(settings)
            if isinstance(data_source, Path) and not settings.data_keys:
                write_secret(data_source, as_text([new_data_key()]), replace=False)
    except OSError as error:
        raise ConfigurationError(f"DATA_DIR: {settings.data_dir} cannot be used ({error.strerror})") from None
    # The process may fork later, and the connections of the store do not survive that.
    with closing(make_store(settings)) as opened:
        ensure_admin(settings, wire(settings, store=opened))


def require_tables(settings: Settings) -> None:
    """Raise ConfigurationError unless ``prepare`` has created what the store needs."""
    alternative = ", or set APP_ENV=development, which does so at each start" if settings.production else ""
    with store_errors(f"; run `./portero prepare`{alternative}"):
        store_class(settings.store_url).check(settings.store_url)


def require_usable(settings: Settings) -> None:
    """Check that a worker can start with these settings: build all services, with new keys and without connecting.

    Raises ConfigurationError.
    """
    with closing(make_store(settings)) as store:
        services = wire(settings, store=store, keys=KeyRing(as_jwk_set([SigningKey.generate()])))
        _parse_admin(settings, services.rules, new=False)


def ensure_admin(settings: Settings, services: Services) -> None:
    """Create the admin of the settings, if there is no admin yet. Raises ConfigurationError."""
    is_new = settings.admin_email is not None and services.administration.lacks_admin()
    if admin := _parse_admin(settings, services.rules, new=is_new):
        try:
            services.administration.ensure_admin(*admin)
        except Taken:
            raise ConfigurationError("ADMIN_EMAIL: the address belongs to a user who is no admin") from None


def _parse_admin(settings: Settings, rules: InputRules, *, new: bool) -> tuple[Email, NewPassword] | None:
    """Return the address and the password of the admin in the settings, or None. Raises ConfigurationError.

    ``new`` says that the admin will be created, and that the password must not be a leaked one. The password of an
    existing admin is not checked for leaks: the admin may have changed it, and a growing list of leaks must not prevent
    a start.
    """
    if not settings.admin_email or not settings.admin_password:
        return None
    setting, password = "ADMIN_EMAIL", settings.admin_password.get_secret_value()
    try:
        address = rules.parse_email(settings.admin_email)
        setting = "ADMIN_PASSWORD"
        policy = rules.passwords if new else replace(rules.passwords, is_breached=None)
        return address, policy.check(password, settings.admin_email)
    except InvalidValue as error:
        raise ConfigurationError(f"{setting}: {error}") from None


def rotate_keys(settings: Settings, keep: int) -> tuple[str, datetime]:
    """Add a new key before the first ``keep`` old keys. Return its id, and the time from which it signs.

    While a key waits for its time to sign, no other key is added. Raises ConfigurationError.
    """
    source = key_source(settings)
    if not isinstance(source, Path):
        raise ConfigurationError("SIGNING_KEYS: is text; add a key from `./portero keys new`: docs/how-to/keys.md")
    make_keys(settings)
    try:
        with _exclusive(source.with_suffix(".lock")):
            keys = rotated(parse_keys(source.read_text()), keep, now())
            write_keys(source, keys, replace=True)
    except OSError as error:
        raise ConfigurationError(f"SIGNING_KEYS: {source} cannot be replaced ({error.strerror})") from None
    return keys[0].kid, datetime.fromtimestamp(keys[0].not_before, UTC)


def reencrypt(settings: Settings) -> int:
    """Encrypt the secrets of factors and webhooks with another data key, and return the number of changed secrets.

    If the keys are in a file, the other key is a new one; otherwise it is the first key of DATA_KEYS. The file also
    keeps the previous key, for processes that have not read the file again yet. An interrupted call can be repeated.
    Raises ConfigurationError, Unavailable.
    """
    require_data_keys(settings)
    source, count = data_key_source(settings), 0
    if isinstance(source, str):
        return _reseal(settings, DataKeys(source))
    try:
        with _exclusive(source.with_suffix(".lock")):
            new, old = new_data_key(), parse_data_keys(source.read_text())
            write_secret(source, as_text([new, *old]), replace=True)
            count = _reseal(settings, DataKeys(source))
            write_secret(source, as_text([new, old[0]]), replace=True)
    except OSError as error:
        raise ConfigurationError(f"DATA_KEYS: {source} cannot be replaced ({error.strerror})") from None
    return count


def _reseal(settings: Settings, keys: DataKeys) -> int:
    """Encrypt with the first key every secret that is encrypted with another key.

    Return the number of changed secrets.
    """

    def reseal(secret: str, owner: str) -> str:
        return secret if keys.is_current(secret) else keys.seal(keys.open(secret, owner), owner)

    def reseal_factor(factor: Factor) -> Factor:
        return replace(factor, secret=reseal(factor.secret, factor.user_id)) if factor.secret else factor

    def reseal_webhook(webhook: Webhook) -> Webhook:
        old = {reseal(each, webhook.id): end for each, end in valid_secrets(webhook.old_secrets, at).items()}
        return replace(webhook, secret=reseal(webhook.secret, webhook.id), old_secrets=old)

    count, at = 0, now()
    with closing(make_store(settings)) as store:
        factors, webhooks = Factors(store), Webhooks(store, Recorder())
        for factor in factors.all():
            if factor.secret and not keys.is_current(factor.secret):
                with suppress(NotFound):  # removed meanwhile
                    factors.update(factor.id, reseal_factor)
                    count += 1
        for webhook in webhooks.all():
            if former := [secret for secret in webhook.secrets(at) if not keys.is_current(secret)]:
                with suppress(NotFound):
                    webhooks.update(webhook.id, reseal_webhook)
                    count += len(former)
    return count


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    """Hold a file lock during the block, so that other processes of this machine wait."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
