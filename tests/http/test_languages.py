"""Problems and summaries in the language that the client prefers."""

from typing import Any

import pytest
from flask import Flask

from src.application.summaries import Advice
from src.interfaces.errors.catalogue import CATALOGUE
from src.interfaces.errors.problems import example
from tests.http.datasets.support import summarise, upload
from tests.http.datasets.test_summaries import FixedAdviser, use_adviser
from tests.support.world import Client, join, registration


@pytest.mark.parametrize("header", ["es", "es-MX", "es-ES,es;q=0.9,en;q=0.5", "es-MX, en;q=0.5", "fr, es;q=0.5"])
def test_a_problem_is_in_spanish_for_a_client_that_prefers_it(client: Client, header: str) -> None:
    body = {**registration(), "username": "a b", "name": 7}
    english = client.post("/register", json=body)
    spanish = client.post("/register", json=body, headers={"Accept-Language": header})
    assert (english.headers["Content-Language"], spanish.headers["Content-Language"]) == ("en", "es")
    assert (spanish.json["title"], spanish.json["detail"]) == (
        "Entidad no procesable",
        "Algunos campos no son válidos; cada uno figura en «errors».",
    )
    assert [(each["field"], each["code"], each["message"]) for each in spanish.json["errors"]] == [
        ("username", "characters", "Usa solo letras, cifras y los caracteres . _ -"),
        ("name", "type", "Da un texto."),
    ]
    for name in ("type", "status"):
        assert spanish.json[name] == english.json[name]


def test_a_problem_is_written_as_people_read_it(client: Client) -> None:
    answer = client.post("/register", json={}, headers={"Accept-Language": "es"})
    assert answer.data.startswith(b'{"type":"/problems/invalid","title":"Entidad no procesable","status":422,"detail":')
    assert "válidos" in answer.data.decode()


@pytest.mark.parametrize("code", CATALOGUE)
def test_no_kind_of_error_has_english_words_in_spanish(code: str) -> None:
    english, spanish = example(code), example(code, "es")
    for name in ("title", "detail"):
        assert spanish[name] != english[name]
    for one, other in zip(english.get("errors", ()), spanish.get("errors", ()), strict=True):
        assert one["message"] != other["message"]


@pytest.mark.parametrize("header", ["", "en", "de", "en, es;q=0.9", "en-GB, es;q=0.9", "*", "es;q=0", "x" * 9_000])
def test_a_problem_is_in_english_for_everybody_else(client: Client, header: str) -> None:
    answer = client.get("/user", headers={"Accept-Language": header})
    assert (answer.json["detail"], answer.headers["Content-Language"]) == ("Not authenticated", "en")


@pytest.mark.parametrize(
    ("method", "path", "options", "detail"),
    [
        ("GET", "/user", {}, "No autenticado"),
        ("GET", "/nothing", {}, "No hay nada en esta ruta; /openapi.json enumera lo que hay."),
        ("DELETE", "/login", {}, "Esta ruta admite OPTIONS, POST."),
        ("POST", "/login", {"data": b"{", "content_type": "application/json"}, "El cuerpo no es JSON válido: se "),
        ("POST", "/login", {"json": {"username": "x", "password": "y"}}, "El usuario, el correo o la contraseña no "),
    ],
)
def test_every_kind_of_problem_is_translated(
    client: Client, method: str, path: str, options: dict[str, Any], detail: str
) -> None:
    answer = client.open(path, method=method, headers={"Accept-Language": "es"}, **options)
    assert answer.json["detail"].startswith(detail)


def test_oauth_errors_are_described_in_spanish(client: Client) -> None:
    form = {"grant_type": "password", "username": "x", "password": "y"}
    answer = client.post("/auth/token", data=form, headers={"Accept-Language": "es"})
    assert answer.json["error"] == "invalid_grant"
    assert answer.json["error_description"] == "El usuario, el correo o la contrasena no son correctos."
    answer = client.post("/auth/token", data={}, headers={"Accept-Language": "es"})
    assert answer.json["detail"] == "grant_type: Este campo es obligatorio."


def test_a_summary_is_written_in_spanish(client: Client) -> None:
    anna = join(client, role="uploader")
    made = upload(client, anna, "id,name\n1,Anna\nx,\n3,Eva\n4,Mia\n5,Noa\n")
    answer = summarise(client, anna, made, "es")
    assert answer.headers["Content-Language"] == "es"
    assert answer.json["text"].splitlines() == [
        "La tabla tiene 5 filas y 2 columnas. 4 filas (80 %) no tienen errores.",
        "- «id» no contiene un número entero en 1 fila, en la línea 3. Escribe solo cifras: sin decimales, unidades "
        "ni ceros a la izquierda. O pide otro tipo.",
        "- «name» no tiene valor en 1 fila, en la línea 3. Rellena los valores, o di en el esquema si son "
        "obligatorios.",
        "El esquema propuesto añade reglas que todas las filas ya cumplen: «id» tiene valor en todas las filas.",
    ]
    assert summarise(client, anna, made).headers["Content-Language"] == "en"


def test_an_adviser_is_told_the_language(app: Flask, client: Client) -> None:
    adviser = FixedAdviser(Advice("Todo va bien.", {}))
    use_adviser(app, adviser)
    anna = join(client, role="uploader")
    made = upload(client, anna)
    for language in ("es", "en"):
        summarise(client, anna, made, language)
    assert adviser.languages == ["es", "en"]
