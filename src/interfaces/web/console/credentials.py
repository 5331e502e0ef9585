"""The passkeys of browsers: what the script of the pages needs to ask for one, and what it sends."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any

from pydantic import PlainValidator

from src.application.strict_json import NotJson, strict_json
from src.domain.errors import Invalid, InvalidToken, NotFound


def _credential(value: Any) -> Mapping[str, Any]:
    """Return a credential that the script has written as JSON. Any other text becomes one that proves nothing."""
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
