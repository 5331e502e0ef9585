"""The demo: what it puts into a fresh store, and when it refuses to."""

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from src.bootstrap.demo import fill
from src.main import create_app
from src.settings import ConfigurationError, Settings, load_settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("TIME_COST", "MEMORY_KIB", "PARALLELISM"):
        monkeypatch.setenv(f"ARGON2_{name}", "8" if name == "MEMORY_KIB" else "1")
    monkeypatch.chdir(tmp_path)
    return load_settings()


def headers(client: FlaskClient, name: str, password: str) -> dict[str, str]:
    answer = client.post("/login", json={"username": name, "password": password})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {json.loads(answer.text)['access_token']}"}


def test_everybody_whom_the_demo_names_can_log_in_and_finds_data(settings: Settings) -> None:
    told = "\n".join(fill(settings))
    [password] = re.findall(r"password is (\S+)", told)
    people = dict(re.findall(r"^  (\w+) +(admin|uploader|user) ", told, re.MULTILINE))
    assert sorted(people.values()) == ["admin", "uploader", "user", "user"]
    app = create_app()
    client = app.test_client()
    for name, role in people.items():
        user = json.loads(client.get("/user", headers=headers(client, name, password)).text)
        assert (user["username"], user["role"]) == (name, role)
    anna, ursula = headers(client, "anna", password), headers(client, "ursula", password)
    assert len(json.loads(client.get("/tasks", headers=anna).text)) == 3
    assert [file["job"]["status"] for file in json.loads(client.get("/api/files", headers=anna).text)] == ["succeeded"]
    dogs = json.loads(client.get("/api/dogs").text)
    assert [(dog["picture_status"], dog["picture"][:19]) for dog in dogs] == [("ready", "data:image/svg+xml;")] * 3
    assert len({dog["picture"] for dog in dogs}) == 3
    datasets = json.loads(client.get("/datasets", headers=ursula).text)
    broken = {
        (dataset["filename"], each["rule"], each["column"])
        for dataset in datasets
        for each in dataset["validations"]
        if not each["passed"]
    }
    assert broken == {
        ("customers.csv", "duplicate_row", None),
        ("customers.csv", "not_empty", "name"),
        ("customers.csv", "not_empty", "age"),
        ("customers.csv", "type", "age"),
        ("customers.csv", "type", "email"),
        ("customers.csv", "type", "joined"),
        ("orders.csv", "row_width", None),
        ("orders.csv", "not_empty", "amount"),
        ("orders.csv", "type", "amount"),
        ("orders.csv", "type", "paid"),
        ("clientes.csv", "summary_row", None),
        ("clientes.csv", "type", "Id"),
        ("clientes.csv", "repeated_id", "Id"),
        ("clientes.csv", "not_empty", "Nombre"),
        ("clientes.csv", "blanks", "Nombre"),
        ("clientes.csv", "mojibake", "Nombre"),
        ("clientes.csv", "type", "Correo"),
        ("clientes.csv", "type", "Alta"),
        ("clientes.csv", "mixed_format", "Alta"),
        ("clientes.csv", "type", "Importe"),
        ("clientes.csv", "mixed_format", "Importe"),
        ("clientes.csv", "type", "Activo"),
        ("clientes.csv", "spelling", "Activo"),
        ("pedidos.csv", "row_width", None),
        ("pedidos.csv", "summary_row", None),
        ("pedidos.csv", "repeated_id", "Pedido"),
        ("pedidos.csv", "spelling", "Cliente"),
        ("pedidos.csv", "type", "Fecha"),
        ("pedidos.csv", "out_of_range", "Unidades"),
        ("pedidos.csv", "type", "Importe"),
        ("pedidos.csv", "error_value", "Importe"),
        ("pedidos.csv", "mixed_format", "Importe"),
    }
    app.extensions["portero.stop"]()


def test_two_demos_have_different_passwords_and_a_store_with_users_gets_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fill(settings)
    with pytest.raises(ConfigurationError, match="DATA_DIR: the store in data has users already; name another folder"):
        fill(settings)
    monkeypatch.setenv("DATA_DIR", "other")
    other = fill(load_settings())
    assert other[0] != first[0]
    assert ("`make run`" in "".join(first), "`DATA_DIR=other make run`" in "".join(other)) == (True, True)


def test_a_store_with_users_that_store_url_names_needs_another_store_url(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(settings)
    monkeypatch.setenv("STORE_URL", settings.store_url)
    monkeypatch.setenv("DATA_DIR", "other")  # does not change the store
    with pytest.raises(ConfigurationError, match=r"^STORE_URL: the store has users already; name another one$"):
        fill(load_settings())


@pytest.mark.parametrize(
    ("name", "value", "said"), [("APP_ENV", "production", "APP_ENV"), ("STORE_URL", "memory://", "STORE_URL")]
)
def test_the_demo_refuses_production_and_stores_that_are_lost(
    settings: Settings, name: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        fill(settings.model_copy(update={name.lower(): value}))
    assert not Path("data").exists()
