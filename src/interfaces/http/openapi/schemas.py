"""Describes the models of bodies and answers."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from src.interfaces.http.framework.operations import Operation
from src.interfaces.http.framework.views import OAuthError, ProblemSchema
from src.interfaces.http.openapi.examples import add_examples
from src.interfaces.http.openapi.responses import REFERENCE

_NAMES = {
    "AcceptedView": "AcceptedDataset",
    "DogBody": "DogChange",
    "DirectoryEntry": "PublicUser",
    "DocumentView": "OpenApiDocument",
    "Grant": "TokenRequest",
    "LoginView": "TokensWithUser",
    "NamedRefreshView": "NamedTokens",
    "PasswordReset": "NewPassword",
    "Person": "NewPerson",
    "ProfileBody": "AccountChange",
    "ProblemSchema": "Problem",
    "RefreshBody": "RefreshRequest",
    "RefreshView": "Tokens",
    "SignupView": "NewUserWithTokens",
    "StatusView": "Health",
    "TaskBody": "TaskChange",
    "TokenView": "AccessToken",
    "UploadBody": "NewFile",
    "DatasetUpload": "NewDataset",
    "UserBody": "UserChange",
}
"""The names under which clients know these models. The name of any other model loses the suffix "View"."""
_DOMAIN_TYPES = ("Email", "NewPassword", "Username")


def public_name(model: str) -> str:
    """Return the name of a model in the document, under which code generators make a type."""
    return _NAMES.get(model, model.removesuffix("View"))


def schemas(operations: Iterable[Operation], password_min_length: int) -> dict[str, Any]:
    """Return the schemas of every model that the operations receive or send, by the name of the model."""
    bodies = {operation.body for operation in operations if operation.body}
    answers: set[type[BaseModel]] = {ProblemSchema, OAuthError}
    answers |= {answer for operation in operations for answer in operation.answers}
    answers |= {answer for operation in operations for answer in operation.instead.values() if answer}
    received: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in bodies]
    sent: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in answers]
    _, definitions = models_json_schema(received + sent, ref_template=REFERENCE)
    # pydantic also describes these types of the domain, but clients send and receive them as texts.
    models = {name: schema for name, schema in definitions["$defs"].items() if name not in _DOMAIN_TYPES}
    for schema in models.values():
        schema.pop("title", None)
        for name, described in schema.get("properties", {}).items():
            described.pop("title", None)
            if name in ("password", "new_password") and "maxLength" in str(described):
                _set_minimum(described, password_min_length)
    add_examples(models.values())
    return {name: models[name] for name in sorted(models, key=public_name)}


def _set_minimum(described: dict[str, Any], length: int) -> None:
    """Set the least length of a new password, which may also be null."""
    for each in (described, *described.get("anyOf", ())):
        if "maxLength" in each:
            each["minLength"] = length
