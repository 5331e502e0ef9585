"""The pages that explain errors, and problems in a browser."""

import re

import pytest

from src.domain import errors
from src.domain.errors import PorteroError
from src.interfaces.errors.catalogue import CATALOGUE
from tests.support.world import Client, build, client_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_kind_of_error_has_a_page(client: Client, code: str) -> None:
    page = client.get(f"/problems/{code}")
    assert page.content_type == "text/html; charset=utf-8"
    assert CATALOGUE[code].cause[:30] in page.text
    assert f"<code>{code}</code>" in page.text
    assert f'href="/problems/{code}"' in client.get("/problems").text


def test_the_pages_are_in_spanish_for_those_who_prefer_it(client: Client) -> None:
    for path, english, spanish in (("/problems/taken", "Cause", "Causa"), ("/problems", "All errors", "Errores")):
        for language, word, other in (("en", english, spanish), ("es-MX, es;q=0.9", spanish, english)):
            page = client.get(path, headers={"Accept-Language": language})
            assert (page.headers["Content-Language"], page.headers["Vary"]) == (language[:2], "Accept-Language")
            assert f'<html lang="{language[:2]}">' in page.text
            assert word in page.text
            assert f">{other}<" not in page.text
    example = client.get("/problems/taken", headers={"Accept-Language": "es"}).text
    assert "Ya en uso: username. Elige otro." in example


def test_every_error_of_the_domain_is_explained() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PorteroError)]
    only_jobs_fail_with = {"error", "attempt-failed", "postponed"}
    assert {kind.code for kind in kinds} - only_jobs_fail_with <= CATALOGUE.keys()


def test_the_type_of_a_problem_leads_to_its_page(client: Client) -> None:
    for path, method in (("/user", "GET"), ("/nope", "GET"), ("/user", "POST"), ("/login", "POST")):
        problem = client.open(path, method=method).json
        assert CATALOGUE[problem["type"].removeprefix("/problems/")].status == problem["status"]
        assert client.get(problem["type"]).status_code == 200


def test_an_unknown_kind_is_not_found(client: Client) -> None:
    assert client.get("/problems/nope").status_code == 404


def test_a_browser_gets_a_page_and_every_other_client_a_problem() -> None:
    client = client_of(build())
    page = client.get("/nope?<script>", headers=BROWSER)
    assert (page.status_code, page.content_type) == (404, "text/html; charset=utf-8")
    assert 'href="/problems/not-found"' in page.text
    assert page.headers["X-Request-Id"] in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert not re.search("<script", page.text)
    assert '<html lang="es">' in client.get("/nope", headers={**BROWSER, "Accept-Language": "es"}).text
    denied = client.get("/user", headers=BROWSER)
    assert (denied.status_code, denied.headers["WWW-Authenticate"]) == (401, "Bearer")
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.9", "text/*", ""):
        assert client.get("/nope", headers={"Accept": accept}).content_type == "application/problem+json"


def test_a_page_shows_what_the_client_sent_as_text() -> None:
    client = client_of(build())
    form = client.post("/register", json={"username": "<b>x</b>"}, headers=BROWSER)
    assert form.status_code == 422
    assert "<b>" not in form.text
    assert "<strong>username</strong>" in form.text
