"""Dogs over HTTP: names, owners, pictures and lists. test_crud.py tests what all entities have in common."""

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests.support.races import at_once
from tests.support.world import PICTURE, Answer, Client, Person, build, client_of, errors_of, join

FIELDS = {"id", "name", "picture", "picture_status", "is_adopted", "id_user", "create_date"}
NOT_OURS = {"id": "mine", "user_id": "mine", "create_date": "2000-01-01T00:00:00Z", "picture_status": "ready"}
NOBODY = "0" * 32
NAMES = [
    "x",
    "x" * 64,
    "Rex II",
    "rex.txt",
    "...",
    "-",
    "%",
    "%2e",
    "100%",
    "Ünal",
    "Ελλη",
    "Рекс",
    "柴犬",
    "كلب",
    "ß",
    "İ",
    "\U0001f415",
    "\U0001f415" * 64,
    "a\u0301" * 64,
    "a?b#c",
    "a&b=c",
    'a"b',
    "a'b",
    "a\\b",
    "a+b",
    "<b>",
    "is-adopted",
    "is_adopted2",
    "null",
    ";",
    " x ",
]
BAD_NAMES = {
    ".": "reserved",
    "..": "reserved",
    "is_adopted": "reserved",
    "IS_ADOPTED": "reserved",
    "Is_Adopted": "reserved",
    "is_adop\uff54ed": "reserved",
    "\uff0e": "reserved",
    "\u2025": "reserved",
    "is_adopted ": "reserved",
    "\u3000is_adopted": "reserved",
    " .. ": "reserved",
    "x" * 65: "length",
    "x" * 300: "length",
    " ": "length",
    "\u3000": "length",
    "a\nb": "characters",
    "a\rb": "characters",
    "a\tb": "characters",
    "a\x7fb": "characters",
    "a\x85b": "characters",
    "a\u2028b": "characters",
}
Call = Callable[..., Answer]
CHANGES: list[Call] = [Client.put, Client.patch]


@pytest.fixture
def app() -> Flask:
    return build()


@pytest.fixture
def root(client: Client) -> Person:
    return join(client, role="admin")


def _url(name: str) -> str:
    return f"/api/dogs/{quote(name, safe='')}"


def _add(client: Client, person: Person, name: str = "Rex", /, **fields: Any) -> Answer:
    return client.post(_url(name), json=fields, headers=person.headers)


def _change(client: Client, person: Person, name: str = "Rex", /, **fields: Any) -> Answer:
    return client.put(_url(name), json=fields, headers=person.headers)


def _names(answer: Answer) -> list[str]:
    return [dog["name"] for dog in answer.json]


# One dog


def test_a_new_dog_has_a_pending_picture_and_a_job(client: Client, anna: Person) -> None:
    made = _add(client, anna)
    assert made.status_code == 201
    assert set(made.json) == FIELDS
    assert (made.json["name"], made.json["is_adopted"], made.json["id_user"]) == ("Rex", False, anna.user["id"])
    assert (made.json["picture"], made.json["picture_status"]) == (None, "pending")
    assert made.headers["Location"] == "/api/dogs/Rex"
    seen = client.get(made.headers["Location"])
    assert (seen.json, seen.headers["ETag"]) == (made.json, made.headers["ETag"])
    job, _, relation = made.headers["Link"].partition(";")
    assert relation == ' rel="monitor"'
    assert client.get(job.strip("<>"), headers=anna.headers).json["status"] == "queued"


def test_a_dog_is_created_without_a_body(client: Client, anna: Person) -> None:
    assert client.post("/api/dogs/Rex", headers=anna.headers).status_code == 201
    assert _add(client, anna, "Ace", is_adopted=True).json["is_adopted"] is True


def test_fields_that_clients_cannot_set_are_ignored(client: Client, anna: Person) -> None:
    made = _add(client, anna, **NOT_OURS, name="Other", picture=PICTURE).json
    assert (made["name"], made["picture"], made["picture_status"]) == ("Rex", None, "pending")
    assert made["id"] != "mine"
    changed = _change(client, anna, **NOT_OURS, is_adopted=True).json
    assert changed == {**made, "is_adopted": True}


@pytest.mark.parametrize("field", ["name", "picture"])
def test_setting_a_field_to_null_returns_422(client: Client, anna: Person, field: str) -> None:
    _add(client, anna)
    answer = _change(client, anna, **{field: None})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json["errors"]] == [field]


# Names


@pytest.mark.parametrize("name", NAMES)
def test_a_name_keeps_its_spelling(client: Client, anna: Person, name: str) -> None:
    made = _add(client, anna, name)
    assert made.status_code == 201, made.text
    assert made.json["name"] == unicodedata.normalize("NFC", name)
    assert client.get(made.headers["Location"]).json == made.json
    assert _names(client.get("/api/dogs")) == [made.json["name"]]
    assert _change(client, anna, name, is_adopted=True).status_code == 200
    assert client.delete(_url(name), headers=anna.headers).status_code == 204


@pytest.mark.parametrize(("name", "code"), BAD_NAMES.items())
def test_an_invalid_name_returns_422(client: Client, anna: Person, name: str, code: str) -> None:
    _add(client, anna)
    # A path cannot contain these names, or it would mean another path; they are sent in a body only.
    answers = [] if name in (".", "..") else [_add(client, anna, name)]
    for answer in (*answers, _change(client, anna, name=name)):
        assert (answer.status_code, errors_of(answer)) == (422, {("name", code)})
    assert _names(client.get("/api/dogs")) == ["Rex"]


@pytest.mark.parametrize(("name", "code"), [("", "length"), ("a/b", "characters"), ("/", "characters")])
def test_an_empty_name_or_one_with_a_slash_is_refused(client: Client, anna: Person, name: str, code: str) -> None:
    _add(client, anna)
    answer = _change(client, anna, name=name)
    assert (answer.status_code, errors_of(answer)) == (422, {("name", code)})
    assert _add(client, anna, name).status_code in (404, 405)


@pytest.mark.parametrize("path", ["/api/dogs/.", "/api/dogs/..", "/api/dogs/%2e", "/api/dogs/%2E%2E"])
def test_a_name_of_dots_only_returns_422(client: Client, anna: Person, path: str) -> None:
    assert client.post(path, headers=anna.headers).status_code == 422


@pytest.mark.parametrize("name", [1, True, ["Rex"]])
def test_a_name_that_is_not_a_string_returns_422(client: Client, anna: Person, name: Any) -> None:
    _add(client, anna)
    answer = _change(client, anna, name=name)
    assert (answer.status_code, errors_of(answer)) == (422, {("name", "type")})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Rex", "rex"),
        ("Rex", "REX"),
        ("é", "e\u0301"),
        ("É", "e\u0301"),
        ("ß", "SS"),
        ("ffi", "\ufb03"),
        ("Rex", "\uff32\uff25\uff38"),
        ("Σ", "ς"),
        ("Å", "\u212b"),
    ],
)
def test_names_are_compared_without_case_and_unicode_form(
    client: Client, anna: Person, first: str, second: str
) -> None:
    made = _add(client, anna, first).json
    taken = _add(client, join(client), second)
    assert (taken.status_code, errors_of(taken)) == (409, {("name", "taken")})
    assert client.get(_url(second)).json == made
    _add(client, anna, "Max")
    taken = _change(client, anna, "Max", name=second)
    assert (taken.status_code, errors_of(taken)) == (409, {("name", "taken")})
    assert client.get("/api/dogs/Max").status_code == 200


def test_a_dog_can_be_renamed_to_another_spelling(client: Client, anna: Person) -> None:
    _add(client, anna)
    assert _change(client, anna, name="REX").json["name"] == "REX"
    assert _names(client.get("/api/dogs")) == ["REX"]


@pytest.mark.parametrize("call", CHANGES)
def test_renaming_a_dog_frees_its_old_name_and_takes_the_new_one(client: Client, anna: Person, call: Call) -> None:
    made = _add(client, anna).json
    assert call(client, "/api/dogs/Rex", json={"name": "Max"}, headers=anna.headers).status_code == 200
    assert client.get("/api/dogs/Rex").status_code == 404
    assert client.get("/api/dogs/max").json == {**made, "name": "Max"}
    assert _add(client, join(client), "Rex").status_code == 201
    assert _add(client, anna, "Max").status_code == 409


def test_deleting_a_dog_frees_its_name(client: Client, anna: Person) -> None:
    made = _add(client, anna).json
    assert client.delete("/api/dogs/rex", headers=anna.headers).status_code == 204
    assert client.get("/api/dogs/Rex").status_code == 404
    assert client.delete("/api/dogs/Rex", headers=anna.headers).status_code == 404
    again = _add(client, join(client))
    assert again.status_code == 201
    assert again.json["id"] != made["id"]


def test_of_many_simultaneous_creations_with_one_name_one_succeeds(app: Flask, client: Client, anna: Person) -> None:
    answers = at_once(lambda name: _add(client_of(app), anna, name).status_code, ["Rex", "rEX", "REX", "rex"] * 5)
    assert sorted(map(str, answers)) == ["201"] + ["409"] * 19
    assert len(client.get("/api/dogs").json) == 1


# Owners


def test_a_user_cannot_set_another_owner(client: Client, anna: Person) -> None:
    ben = join(client)
    assert _add(client, anna, id_user=anna.user["id"]).status_code == 201
    assert _change(client, anna, id_user=anna.user["id"]).status_code == 200
    for other in (ben.user["id"], NOBODY, "x", "a/b", "__x__", "true", ""):
        assert _add(client, anna, "Max", id_user=other).status_code == 403
        assert _change(client, anna, id_user=other).status_code == 403
    assert [dog["id_user"] for dog in client.get("/api/dogs").json] == [anna.user["id"]]


def test_an_admin_can_set_any_user_as_owner(client: Client, root: Person, anna: Person) -> None:
    made = _add(client, root, id_user=anna.user["id"])
    assert (made.status_code, made.json["id_user"]) == (201, anna.user["id"])
    job = made.headers["Link"].split(">")[0].strip("<")
    assert client.get(job, headers=anna.headers).status_code == 200
    assert _change(client, root, id_user=root.user["id"]).json["id_user"] == root.user["id"]
    assert _change(client, anna, is_adopted=True).status_code == 403
    assert _change(client, root, id_user=anna.user["id"]).json["id_user"] == anna.user["id"]


@pytest.mark.parametrize("owner", [NOBODY, "", "x", "a/b", "__x__", "..", "x" * 1000])
def test_an_unknown_owner_returns_422(client: Client, root: Person, owner: str) -> None:
    _add(client, root)
    for answer in (_add(client, root, "Max", id_user=owner), _change(client, root, id_user=owner)):
        assert (answer.status_code, errors_of(answer)) == (422, {("id_user", "unknown")})


def test_a_guest_or_deleted_user_cannot_be_an_owner(client: Client, root: Person, anna: Person) -> None:
    client.delete("/user", headers=anna.headers)
    for owner in (anna, join(client, "guest")):
        assert errors_of(_add(client, root, id_user=owner.user["id"])) == {("id_user", "unknown")}


def test_only_the_owner_and_admins_change_a_dog(client: Client, anna: Person, root: Person) -> None:
    made, ben = _add(client, anna).json, join(client)
    for change in ({"name": "Max"}, {"is_adopted": True}, {"picture": PICTURE}, {"id_user": ben.user["id"]}):
        assert _change(client, ben, **change).status_code == 403
    assert client.delete("/api/dogs/Rex", headers=ben.headers).status_code == 403
    assert client.get("/api/dogs/Rex").json == made
    assert _change(client, root, name="Max").json["id_user"] == anna.user["id"]
    assert client.delete("/api/dogs/Max", headers=root.headers).status_code == 204


# Pictures


def test_a_picture_set_by_a_client_is_ready(client: Client, anna: Person) -> None:
    _add(client, anna)
    changed = _change(client, anna, picture=PICTURE).json
    assert (changed["picture"], changed["picture_status"]) == (PICTURE, "ready")


@pytest.mark.parametrize(
    "picture",
    [
        "",
        "x",
        "http://images.dog.ceo/1.jpg",
        "https://example.com/1.jpg",
        "https://images.dog.ceo",
        "https://images.dog.ceo.example.com/1.jpg",
        "https://x.images.dog.ceo/1.jpg",
        "//images.dog.ceo/1.jpg",
        "https://images.dog.ceo@example.com/1.jpg",
        "https://user:pw@images.dog.ceo/1.jpg",
        "javascript:alert(1)",
        "https://images.dog.ceo:8443/1.jpg",
        "https://images.dog.ceo\\@example.com/1.jpg",
        f"{PICTURE}#x",
        f" {PICTURE}",
        f"{PICTURE}\n",
        "https://images.dog.ceo/" + "x" * 2048,
    ],
)
def test_a_picture_outside_the_allowed_hosts_returns_422(client: Client, anna: Person, picture: str) -> None:
    made = _add(client, anna).json
    answer = _change(client, anna, picture=picture)
    assert (answer.status_code, errors_of(answer)) == (422, {("picture", "url")})
    assert client.get("/api/dogs/Rex").json == made


def test_the_allowed_picture_hosts_are_a_setting() -> None:
    client = client_of(build(settings={"dog_picture_hosts": "a.example, b.example"}))
    anna = join(client)
    _add(client, anna)
    assert _change(client, anna, picture="https://B.example/1.jpg").status_code == 200
    assert _change(client, anna, picture=PICTURE).status_code == 422


# Lists


@pytest.mark.parametrize("path", ["/api/dogs", "/api/dogs/is_adopted"])
def test_a_list_without_dogs_is_empty(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json) == (200, [])


def test_dogs_are_listed_by_name(client: Client, anna: Person) -> None:
    for name in ("b", "A", "c", "é", "D"):
        _add(client, anna, name, is_adopted=name in "Ac")
    assert _names(client.get("/api/dogs")) == ["A", "b", "c", "D", "é"]
    assert _names(client.get("/api/dogs/is_adopted")) == ["A", "c"]
    _change(client, anna, "A", is_adopted=False)
    assert _names(client.get("/api/dogs/is_adopted/")) == ["c"]


@pytest.mark.parametrize("path", ["/users/{id}/dogs", "/api/users/{id}/dogs"])
def test_the_dogs_of_a_user_are_listed(client: Client, anna: Person, root: Person, path: str) -> None:
    ben = join(client)
    for name, owner in (("b", anna), ("a", anna), ("c", ben)):
        _add(client, owner, name)
    for reader in (anna, ben, root):
        assert _names(client.get(anna.at(path), headers=reader.headers)) == ["a", "b"]
    _change(client, root, "a", id_user=ben.user["id"])
    assert _names(client.get(anna.at(path), headers=anna.headers)) == ["b"]
    assert _names(client.get(ben.at(path), headers=anna.headers)) == ["a", "c"]
    assert client.get(root.at(path), headers=anna.headers).json == []
    for other in (join(client, "guest").at(path), path.replace("{id}", NOBODY)):
        assert client.get(other, headers=anna.headers).status_code == 404
