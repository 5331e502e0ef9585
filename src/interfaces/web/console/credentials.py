"""Passkeys in the console: the options that its script needs, and the credentials that the script sends."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any

from pydantic import PlainValidator

from src.application.strict_json import NotJson, strict_json
from src.domain.errors import Invalid, InvalidToken, NotFound


def _credential(value: Any) -> Mapping[str, Any]:
    """Return the credential that the script sends as JSON.

    For any other text, return a credential that proves nothing.
    """
    with suppress(NotJson):
        credential = strict_json(value)
        return credential if isinstance(credential, dict) else {}
    return {}


CredentialField = Annotated[Mapping[str, Any], PlainValidator(_credential)]


def offered(options: Callable[[], Mapping[str, Any]]) -> Any:
    """Return the options with which the script asks for a passkey, or None if no passkey can be asked for."""
    with suppress(NotFound, Invalid, InvalidToken):
        return options()["publicKey"]
    return None
