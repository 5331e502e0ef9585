"""The OpenAPI document: its descriptions, bounds, examples and order."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from src.interfaces.app import FEATURES
from src.interfaces.http.openapi.schemas import public_name, schemas
from tests.support.world import Client, build, client_of, resolved
from torture.evidence import ROOT

DOCUMENT: dict[str, Any] = client_of(build()).get("/openapi.json").json
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
WITHOUT_EXAMPLE = {"boolean", "array", "object", None}
"""The types of properties that need no example of their own; None stands for any JSON value."""


def properties() -> Iterator[Any]:
    """Yield the schema of each property that is declared in place, with the names in it."""
    for model, schema in SCHEMAS.items():
        for variant in schema.get("anyOf", [schema]):
            for name, described in variant.get("properties", {}).items():
                if "$ref" not in str(described):
                    yield pytest.param(described, id=f"{model}.{name}")


def test_a_login_takes_a_username_or_an_address() -> None:
    required = [variant["required"] for variant in SCHEMAS["Credentials"]["anyOf"]]
    assert required == [["username", "password"], ["email", "password"]]


@pytest.mark.parametrize("model", ["AccountChange", "DogChange", "TaskChange", "UserChange"])
def test_a_change_has_at_least_one_property(model: str) -> None:
    assert SCHEMAS[model]["minProperties"] == 1


@pytest.mark.parametrize("least", [6, 12])
def test_the_bounds_of_a_new_password_are_those_of_the_settings(least: int) -> None:
    document = client_of(build(settings={"password_min_length": least})).get("/openapi.json").json
    described = document["components"]["schemas"]["Registration"]["properties"]["password"]
    assert (described["minLength"], described["maxLength"]) == (least, 128)


def test_no_body_and_no_form_has_a_field_for_a_hint_or_a_secret_question() -> None:
    templates = (ROOT / "src/interfaces/web").rglob("*.html")
    fields = {
        name for each in templates for name in re.findall(r'name="(\w+)"|field\("(\w+)"', each.read_text("utf-8"))
    }
    names = {name for names in fields for name in names} | {*re.findall(r"'([\w-]+)': \{", str(SCHEMAS))}
    assert {"password", "recovery_code", "new_password"} <= names
    asked = [name for name in names if re.search("hint|question|reminder|maiden", name, re.IGNORECASE)]
    assert asked == ["token_type_hint"]  # a parameter of OAuth2 (RFC 7009)


def test_every_model_has_a_name_of_its_own() -> None:
    operations = [operation for feature in FEATURES for operation in feature.operations]
    models = schemas(operations, 8)
    assert sorted(set(map(public_name, models))) == sorted(map(public_name, models))


def test_names_have_patterns_and_bounds() -> None:
    username = SCHEMAS["Registration"]["properties"]["username"]
    assert (username["minLength"], username["maxLength"]) == (1, 128)  # before NFKC normalisation
    name = SCHEMAS["DogChange"]["properties"]["name"]
    assert re.search(name["pattern"], "Rex")
    assert not re.search(name["pattern"], "a/b")
    [parameter] = [each for each in DOCUMENT["paths"]["/api/dogs/{name}"]["get"]["parameters"] if each["in"] == "path"]
    assert parameter["schema"]["pattern"] == "^[^/]+$"


@pytest.mark.parametrize("path", ["/tasks", "/api/files", "/datasets", "/api/users", "/api/dogs/{name}"])
def test_creates_take_an_idempotency_key(path: str) -> None:
    keys = [each for each in DOCUMENT["paths"][path]["post"]["parameters"] if each["name"] == "Idempotency-Key"]
    assert [(key["schema"]["minLength"], key["schema"]["maxLength"]) for key in keys] == [(1, 255)]


def test_only_what_always_starts_a_job_links_to_it() -> None:
    linking = {
        f"{method} {path}"
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if method != "get" and "'Link'" in str(operation["responses"])
    }
    assert linking == {"post /api/dogs/{name}", "post /api/files", "post /datasets"}


def test_deletes_of_what_admins_may_delete_say_which_proof_admins_need() -> None:
    told = {path for path, methods in DOCUMENT["paths"].items() if "to others" in str(methods.get("delete"))}
    assert told == {"/api/dogs/{name}", "/api/files/{id}", "/datasets/{id}", "/jobs/{id}", "/users/{id}"}


def test_every_list_has_a_limit_and_a_cursor() -> None:
    lists = [each for each in OPERATIONS if each["operationId"].startswith("list") and "kinds" not in str(each).lower()]
    assert len(lists) > 5
    for operation in lists:
        assert {"limit", "cursor"} <= {each["name"] for each in operation["parameters"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each["operationId"])
def test_every_operation_is_described_in_our_words(operation: dict[str, Any]) -> None:
    assert operation["description"].strip().endswith((".", ")", "`"))
    assert "``" not in str(operation), "write for clients: the docstring of a handler is the text of its operation"
    assert "Raises " not in operation["description"]
    assert all(each["description"].strip() for each in operation.get("parameters", ()))
    stock = {status.description for status in HTTPStatus}
    texts = [each.get("description", "see $ref") for each in operation["responses"].values()]
    assert not [text for text in texts if text in stock or not text.strip()]
    assert {"414", "431", "500"} <= operation["responses"].keys()
    assert re.fullmatch("[a-z][a-zA-Z0-9]+", operation["operationId"])


@pytest.mark.parametrize("described", [*properties()])
def test_every_value_has_an_example_that_its_schema_accepts(described: dict[str, Any]) -> None:
    kinds = {each.get("type") for each in described.get("anyOf", [described])} - {"null"}
    closed = "enum" in described or "const" in described or described.get("format") == "binary"
    assert "examples" in described or kinds <= WITHOUT_EXAMPLE or closed
    for example in described.get("examples", ()):
        Draft202012Validator({**described, "components": DOCUMENT["components"]}).validate(example)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each["operationId"])
def test_every_error_of_an_operation_has_examples_that_are_true_of_its_status(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            [content] = resolved(answer)["content"].values()
            for code, example in content["examples"].items():
                problem = example["value"]
                assert (problem["type"], problem["status"]) == (f"/problems/{code}", int(status))
                assert ("errors" in problem) == (code in ("invalid", "taken"))
                Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]}).validate(problem)


def test_the_examples_tell_one_story() -> None:
    def example(model: str, name: str) -> Any:
        return SCHEMAS[model]["properties"][name]["examples"][0]

    assert (example("User", "disabled"), example("User", "role")) == (False, "user")
    for model in ("User", "PublicUser", "NewUserWithTokens"):
        assert (example(model, "id"), example(model, "username")) == (example("Dog", "id_user"), "anna")
    assert {example(model, "last_name") for model in ("User", "Registration", "NewPerson", "AccountChange")} == {"Ruiz"}
    assert example("Task", "id") != example("User", "id")


def test_aliases_stand_in_the_whole_document_only(client: Client) -> None:
    assert not [each for each in OPERATIONS if "x-alias-of" in each or each.get("deprecated")]
    whole = client.get("/openapi.json?aliases=true").json
    aliases = [each for methods in whole["paths"].values() for each in methods.values() if "x-alias-of" in each]
    assert aliases
    assert all(each["deprecated"] for each in aliases)


def test_groups_and_operations_stand_in_the_order_in_which_they_are_needed() -> None:
    assert [tag["name"] for tag in DOCUMENT["tags"]][:4] == ["Accounts", "Sessions", "Tasks", "Dogs"]
    assert next(iter(DOCUMENT["paths"])) == "/register"


@pytest.mark.parametrize("chosen", [True, False])
def test_the_page_of_the_api_opens_with_the_chosen_names_and_has_a_switch(chosen: bool) -> None:
    client = client_of(build(docs_aliases=chosen))
    for path, aliases in (("/docs", chosen), ("/docs?aliases=true", True), ("/docs?aliases=false", False)):
        page = client.get(path).text
        assert f'data-url="/openapi.json{"?aliases=true" if aliases else ""}"' in page
        assert f'href="/docs?aliases={"false" if aliases else "true"}"' in page
