"""The messages of validation errors: the service's own codes and texts, never those of pydantic."""

from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlencode

import pytest
from flask import Flask
from pydantic import BaseModel
from pydantic_core.core_schema import ErrorType

from src.domain.errors import FieldError, Invalid
from src.interfaces.app import FEATURES
from src.interfaces.framework.bodies import Body, Form, Query
from src.interfaces.framework.parsing import parse_body, parse_query
from src.interfaces.framework.requests import context_of
from src.interfaces.framework.uploads import UploadBody
from tests.support.translations import untranslated
from tests.support.world import Client, join

MODELS = sorted(
    {
        model
        for feature in FEATURES
        for each in feature.operations
        for model in (each.body, each.query)
        if model and not issubclass(model, UploadBody)
    },
    key=lambda model: model.__name__,
)
WRONG: list[Any] = [None, True, 0, 1.5, "", "x", "x\n\u2028", "x" * 20_000, [], ["x"], {}, {"x": "y"}]
PYDANTIC_CODES = set(get_args(ErrorType)) - {"too_short", "too_long", "enum"}
"""The service has these three codes too, with messages of its own."""
IDS_ARE_TEXTS = "Ids are texts; give the id of a user, such as that of GET /user."
PYDANTIC_WORDS = ("Input", "String should", "Value error", "Field required", "Value should", "Extra inputs")


def errors_of_every_field(model: type[BaseModel], app: Flask) -> Iterator[FieldError]:
    """Yield the errors of a request for each field and each wrong value, and for other wrong requests."""
    names = [field.alias or name for name, field in model.model_fields.items()]
    requests: list[Any] = [{}, *({name: value} for name in names for value in WRONG)]
    if not issubclass(model, (Query, Form)):
        requests += [None, True, 0, "x", [], [{}]]
    for request in requests:
        try:
            parse(model, request, app)
        except Invalid as error:
            yield from error.errors


def parse(model: type[BaseModel], request: Any, app: Flask) -> None:
    if issubclass(model, Query):
        with app.test_request_context(query_string=urlencode(request, doseq=True)):
            parse_query(model)
    elif issubclass(model, Form):
        form = "application/x-www-form-urlencoded"
        with app.test_request_context(method="POST", data=urlencode(request, doseq=True), content_type=form):
            parse_body(model, context_of(None))
    else:
        assert issubclass(model, Body)
        with app.test_request_context(method="POST", json=request):
            parse_body(model, context_of(None))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_error_of_a_request_model_has_a_code_or_a_message_of_pydantic(model: type[BaseModel], app: Flask) -> None:
    for error in errors_of_every_field(model, app):
        assert error.code not in PYDANTIC_CODES, error
        assert not error.message.startswith(PYDANTIC_WORDS), error
        assert error.message.endswith("."), error
        assert not [*untranslated(error.message)], "translate it in src/interfaces/languages/es.po"


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("/tasks", {}, ("title", "required", "This field is required.")),
        ("/tasks", {"title": ""}, ("title", "too_short", "Use at least 1 character.")),
        ("/tasks", {"title": "x" * 201}, ("title", "too_long", "Use at most 200 characters.")),
        ("/tasks", {"title": 1}, ("title", "type", "Give a text.")),
        ("/tasks", {"title": "x", "completed": "true"}, ("completed", "type", "Give true or false.")),
        ("/tasks", [], ("body", "type", "Give a JSON object.")),
        ("/api/dogs/rex", {"id_user": 1}, ("id_user", "type", IDS_ARE_TEXTS)),
        ("/auth/firebase", {"id_token": ""}, ("id_token", "too_short", "Use at least 1 character.")),
    ],
)
def test_an_error_says_what_to_send(client: Client, path: str, body: Any, error: tuple[str, str, str]) -> None:
    response = client.post(path, json=body, headers=join(client).headers)
    assert response.status_code == 422
    assert [(each["field"], each["code"], each["message"]) for each in response.json["errors"]] == [error]


def test_an_unknown_role_is_answered_with_the_known_ones(client: Client) -> None:
    response = client.get("/users?role=boss", headers=join(client, "admin").headers)
    assert response.status_code == 422
    [error] = response.json["errors"]
    assert (error["field"], error["code"]) == ("role", "enum")
    assert error["message"] == "Use one of 'guest', 'user', 'uploader', 'auditor' or 'admin'."
