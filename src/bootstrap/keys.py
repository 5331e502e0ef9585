"""Finds the keys that the settings name: those that sign tokens, and those that encrypt secrets."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from src.application.ports import Clock
from src.bootstrap.adapters import LOGIN_MIGRATION, now
from src.infrastructure.factors.data_keys import BadDataKeys, DataKeys
from src.infrastructure.tokens.signing_keys import BadKeys, KeyRing
from src.settings import ConfigurationError, Settings


def make_keys(settings: Settings, clock: Clock = now) -> KeyRing:
    """Return the signing keys of SIGNING_KEYS or, if it is not set, of the key file that `./portero prepare` creates.

    Raises ConfigurationError if the keys are missing, unreadable or invalid. In production, also raises it if the
    permissions of the key file give access to the group or to others.
    """
    source = key_source(settings)
    try:
        with _reading_keys("SIGNING_KEYS", source, settings, settings.signing_keys):
            return KeyRing(source, clock)
    except UnicodeDecodeError:
        raise ConfigurationError(f"SIGNING_KEYS: {source} is not UTF-8; name a JWK set or PEM text") from None
    except BadKeys as error:
        raise ConfigurationError(f"SIGNING_KEYS: {error}") from None


def migration_secret(settings: Settings) -> str:
    """Return the secret that verifies the signatures of requests to MIGRATE_LOGIN_URL. Raises ConfigurationError."""
    return f"whsec_{base64.b64encode(make_keys(settings).derived(LOGIN_MIGRATION)[0]).decode()}"


def make_data_keys(settings: Settings) -> DataKeys:
    """Return the keys of DATA_KEYS or, if it is not set, of the file that `./portero prepare` creates.

    The keys are read at their first use.
    """
    return DataKeys(data_key_source(settings))


def require_data_keys(settings: Settings) -> None:
    """Raise ConfigurationError if the data keys are missing, unreadable or invalid.

    In production, also raise it if the permissions of the key file give access to the group or to others.
    """
    source = data_key_source(settings)
    try:
        with _reading_keys("DATA_KEYS", source, settings, settings.data_keys):
            DataKeys(source).load()
    except ValueError as error:  # of BadDataKeys, and of a file that is not UTF-8
        said = error if isinstance(error, BadDataKeys) else f"{source} is not UTF-8"
        raise ConfigurationError(f"DATA_KEYS: {said}") from None


def key_source(settings: Settings) -> str | Path:
    """Return the text of SIGNING_KEYS, or the path of the file that holds the keys."""
    return _text_or_path(settings.signing_keys, settings.data_dir / "signing-keys.json")


def data_key_source(settings: Settings) -> str | Path:
    """Return the text of DATA_KEYS, or the path of the file that holds the keys."""
    return _text_or_path(settings.data_keys, settings.data_dir / "data-keys.txt")


def _text_or_path(setting: SecretStr | None, default: Path) -> str | Path:
    if setting is None:
        return default
    text = setting.get_secret_value()
    return Path(text[1:]) if text.startswith("@") else text


@contextmanager
def _reading_keys(name: str, source: str | Path, settings: Settings, setting: SecretStr | None) -> Iterator[None]:
    """Raise ConfigurationError if the block finds no file with keys, or if others can read the file in production."""
    try:
        if settings.production and isinstance(source, Path) and source.stat().st_mode & 0o077:
            raise ConfigurationError(f"{name}: {source} can be read by others; type `chmod 600 {source}`")
        yield
    except FileNotFoundError:
        advice = "name an existing file" if setting else "run `./portero prepare`"
        raise ConfigurationError(f"{name}: {source} is missing; {advice}") from None
    except OSError as error:
        raise ConfigurationError(f"{name}: {source} cannot be read ({error.strerror})") from None
