"""The page of the caller's own metadata, which people edit as JSON."""

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response, json

from src.application.sessions import Caller
from src.application.strict_json import NotJson, strict_json
from src.domain.messages import Translatable
from src.domain.metadata import merge_patch
from src.domain.values import InvalidValue
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import TextField, checked
from src.interfaces.framework.requests import client, services
from src.interfaces.web.console.kept_forms import HOME
from src.interfaces.web.console.pages import MEMBERS, Page
from src.interfaces.web.console.responses import go

metadata = Page("/account/metadata", "account/metadata.html", MEMBERS)


def _json_object(text: str) -> Mapping[str, Any]:
    try:
        value = strict_json(text)
    except NotJson as error:
        raise InvalidValue("json", Translatable("This is not valid JSON: {reason}.", reason=error.reason)) from None
    except UnicodeError:
        raise InvalidValue("json", "This is not valid Unicode.") from None
    if not isinstance(value, dict):
        raise InvalidValue("type", "Give a JSON object.")
    return value


class MetadataForm(Form):
    """The whole metadata, and the revision of the account at which the metadata was shown."""

    metadata: Annotated[Mapping[str, Any], *checked(lambda text, _: _json_object(text), {})]
    revision: TextField


@metadata.show
def _metadata(caller: Caller) -> Mapping[str, Any]:
    return {"text": json.dumps(dict(caller.user.metadata), indent=2, ensure_ascii=False, sort_keys=False)}


@metadata.form()
def change_metadata(caller: Caller, body: MetadataForm) -> Response:
    """Replace the metadata. If the account has changed meanwhile, the page shows both versions."""
    patch = merge_patch(caller.user.metadata, body.metadata)
    services().accounts.change(caller, caller.user.id, {"metadata": patch}, None, {body.revision}, client())
    return go(HOME, "metadata")
