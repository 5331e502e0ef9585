"""The roles that may upload and read datasets."""

import io
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from src.domain.values import Role
from tests.http.datasets.support import MAX_UPLOAD, UPLOAD_PATHS, delete, get, list_datasets, summarise, upload
from tests.support.uploading import TYPE
from tests.support.world import (
    Client,
    Person,
    join,
    services_of,
)

UNKNOWN_ID = "0" * 32


class Untouchable(io.RawIOBase):
    """A body that fails the test when it is read."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise AssertionError("it was read")


MEDIA_TYPES = (TYPE, "multipart/form-data", "multipart/form-data; boundary=\xff", "text/csv", "application/json", "")
LENGTHS = ("100", str(MAX_UPLOAD * 1000), "", "-1", "x")


@pytest.mark.parametrize("role", ["nobody", "guest", "user"])
@pytest.mark.parametrize("path", UPLOAD_PATHS)
def test_a_caller_without_permission_is_refused_before_the_body_is_read(client: Client, path: str, role: str) -> None:
    headers, status = ({}, 401) if role == "nobody" else (join(client, role).headers, 403)
    odd = {"wsgi.input_terminated": True, "HTTP_CONTENT_ENCODING": "gzip", "HTTP_IDEMPOTENCY_KEY": "no key"}
    for media_type, length in product(MEDIA_TYPES, LENGTHS):
        body = {"wsgi.input": Untouchable(), "CONTENT_LENGTH": length, "CONTENT_TYPE": media_type}
        assert client.post(path, headers=headers, environ_overrides={**odd, **body}).status_code == status


def test_losing_the_uploader_role_takes_effect_at_once(client: Client, anna: Person) -> None:
    made = upload(client, anna)
    accounts = services_of(client.application).accounts.accounts
    accounts.change(anna.user["id"], lambda user: replace(user, role=Role.USER))
    for url in ("/datasets", f"/datasets/{made.json['id']}", f"/datasets/{made.json['id']}/file"):
        assert client.get(url, headers=anna.headers).status_code in (401, 403)
    assert upload(client, anna).status_code in (401, 403)


def test_an_admin_sees_the_datasets_of_all_users(client: Client, anna: Person) -> None:
    root, ben = join(client, role="admin"), join(client, "uploader")
    made = [upload(client, person) for person in (anna, ben, root)]
    assert list_datasets(client, root).json == [each.json for each in made[::-1]]
    assert list_datasets(client, anna).json == [made[0].json]
    for each in made:
        for path in ("", "/rows", "/file"):
            assert get(client, root, each, path).status_code == 200
            assert get(client, anna, each, path).status_code == (200 if each is made[0] else 404)
        assert summarise(client, root, each).status_code == 200
    assert delete(client, anna, made[1]).status_code == 404
    assert delete(client, root, made[1]).status_code == 204
    assert list_datasets(client, ben).json == []


@pytest.mark.parametrize("id", [UNKNOWN_ID, "x", "..", "%00", "a.0"])
def test_an_unknown_dataset_returns_404(client: Client, anna: Person, id: str) -> None:
    for path in ("", "/rows", "/file"):
        assert client.get(f"/datasets/{id}{path}", headers=anna.headers).status_code == 404
    assert client.post(f"/datasets/{id}/summary", headers=anna.headers).status_code == 404
    assert client.delete(f"/datasets/{id}", headers=anna.headers).status_code == 404
