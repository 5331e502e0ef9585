"""The pages of rows and of datasets."""

from typing import Any

import pytest

from tests.http.datasets.support import ASYNC, get, get_all_pages, get_rows, upload
from tests.support.world import (
    Client,
    Person,
    errors_of,
)


def test_rows_are_listed_in_pages(client: Client, anna: Person) -> None:
    made = upload(
        client, anna, "n\n" + "".join(f"{'x' if no % 3 else no}\n" for no in range(1, 10)), schema={"n": "integer"}
    )
    url = f"/datasets/{made.json['id']}/rows"
    lines = [row["line"] for row in get_rows(client, anna, made)]
    assert lines == list(range(2, 11))
    for query, wanted in (("", lines), ("&valid=true", [4, 7, 10]), ("&valid=false", [2, 3, 5, 6, 8, 9])):
        for limit in (1, 2, 3, 9, 500):
            assert [row["line"] for row in get_all_pages(client, anna, f"{url}?limit={limit}{query}")] == wanted
    page = get(client, anna, made, "/rows", limit=2, valid="false")
    assert page.headers["Link"] == f'<{url}?limit=2&valid=false&cursor=3>; rel="next"'
    assert "Link" not in get(client, anna, made, "/rows", limit=9).headers
    assert get_rows(client, anna, made, cursor="10") == get_rows(client, anna, made, cursor="999999999") == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [({"cursor": cursor}, ("cursor", "invalid")) for cursor in ("x", "-1", "1.5", "1e3", "²", "9" * 20, "1 ", "07")]
    + [({"limit": limit}, None) for limit in ("0", "501", "x", "-1")]
    + [({"valid": valid}, ("valid", "boolean")) for valid in ("yes", "1", "", "True")],
)
def test_an_invalid_page_of_rows_returns_422(client: Client, anna: Person, query: dict[str, str], wrong: Any) -> None:
    made = upload(client, anna)
    answer = get(client, anna, made, "/rows", **query)
    assert answer.status_code == 422
    assert {field for field, _ in errors_of(answer)} == set(query)
    assert wrong is None or errors_of(answer) == {wrong}


def test_an_invalid_cursor_returns_422_before_rows_exist(client: Client, anna: Person) -> None:
    assert get(client, anna, upload(client, anna, headers=ASYNC), "/rows", cursor="x").status_code == 422


def test_a_page_has_100_rows_by_default(client: Client, anna: Person) -> None:
    made = upload(client, anna, "n\n" + "".join(f"{no}\n" for no in range(101)))
    assert len(get_rows(client, anna, made)) == 100
    assert len(get_all_pages(client, anna, f"/datasets/{made.json['id']}/rows")) == 101
