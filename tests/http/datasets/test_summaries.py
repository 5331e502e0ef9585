"""Summaries of datasets, with and without an adviser."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask

from src.application.summaries import Advice
from src.domain.errors import Unavailable
from tests.http.datasets.support import (
    ASYNC,
    CSV_FILES,
    DEFECTIVE_CSV,
    SCHEMA_WITH_EVERY_RULE,
    get_rows,
    run_job,
    summarise,
    upload,
)
from tests.support.world import (
    SECRET,
    Client,
    Person,
    services_of,
)


def test_a_summary_names_every_violation(client: Client, anna: Person) -> None:
    made = upload(client, anna, DEFECTIVE_CSV, schema=SCHEMA_WITH_EVERY_RULE)
    answer = summarise(client, anna, made)
    assert answer.status_code == 200
    assert set(answer.json) == {"source", "text", "suggested_schema"}
    assert answer.json["source"] == "rules"
    text = answer.json["text"]
    for word in ("9 rows", "6 columns", "1 row (11.1 %)", "“id”", "“mail”", "“code”", "“kind”", "lines 6, 9", "born"):
        assert word in text
    assert answer.json["suggested_schema"].keys() >= {"more"}
    again = upload(client, anna, DEFECTIVE_CSV, schema=answer.json["suggested_schema"])
    assert again.status_code == 201
    assert summarise(client, anna, made).json == answer.json


@pytest.mark.parametrize("name", CSV_FILES)
def test_a_file_can_be_uploaded_with_its_suggested_schema(client: Client, anna: Person, name: str) -> None:
    made = upload(client, anna, CSV_FILES[name])
    suggested = summarise(client, anna, made).json["suggested_schema"]
    again = upload(client, anna, CSV_FILES[name], schema=suggested)
    assert again.status_code == 201, again.text
    assert again.json["schema"] == suggested
    assert get_rows(client, anna, again, valid="false") == get_rows(client, anna, made, valid="false")


def test_the_summary_of_a_clean_table_says_so(client: Client, anna: Person) -> None:
    rows = "".join(f"{no},{'ab'[no % 2]}\n" for no in range(120))
    answer = summarise(client, anna, upload(client, anna, "id,kind\n" + rows))
    assert "Nothing was found." in answer.json["text"]
    assert answer.json["suggested_schema"] == {
        "id": {"type": "integer", "required": True, "unique": True},
        "kind": {"type": "string", "required": True, "enum": ["a", "b"]},
    }


def test_summarising_during_the_check_returns_409(app: Flask, client: Client, anna: Person) -> None:
    made = upload(client, anna, headers=ASYNC)
    answer = summarise(client, anna, made)
    assert (answer.status_code, answer.json["detail"]) == (
        409,
        "It is being checked; ask again when its job has ended.",
    )
    run_job(app, made)
    assert summarise(client, anna, made).json == summarise(client, anna, upload(client, anna)).json


@dataclass
class FixedAdviser:
    """An adviser that always returns the same advice, or raises the same error."""

    advice: Advice | Exception
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    def advise(self, facts: Mapping[str, Any], language: str = "en") -> Advice:
        self.asked.append(facts)
        self.languages.append(language)
        if isinstance(self.advice, Exception):
            raise self.advice
        return self.advice


def use_adviser(app: Flask, adviser: FixedAdviser) -> None:
    services = services_of(app)
    summariser = replace(services.datasets.summariser, adviser=adviser)
    app.extensions["portero"] = replace(services, datasets=replace(services.datasets, summariser=summariser))


def test_the_text_is_the_adviser_s_when_there_is_one(app: Flask, client: Client, anna: Person) -> None:
    adviser = FixedAdviser(Advice("Fine,\x1b[1m mostly.", {"name": {"type": "string", "pattern": "[A-Z][a-z]+"}}))
    use_adviser(app, adviser)
    made = upload(client, anna)
    answer = summarise(client, anna, made)
    assert (answer.json["source"], answer.json["text"]) == ("ai", "Fine,[1m mostly.")
    suggested = answer.json["suggested_schema"]
    assert suggested["name"] == {"type": "string", "required": True, "pattern": "[A-Z][a-z]+"}
    assert upload(client, anna, schema=suggested).json["status"] == "clean"
    told = json.dumps(adviser.asked)
    assert not [value for value in ("Anna", "Ben", "a.csv", "Customers", made.json["id"]) if value in told]


@pytest.mark.parametrize(
    "schema", [None, [], "x", {"id": "text"}, {"other": "date"}, {"id": {"max": 0}}, {"a": {"pattern": "("}}]
)
def test_an_unusable_schema_from_an_adviser_is_ignored(
    app: Flask, client: Client, anna: Person, schema: object
) -> None:
    made = upload(client, anna)
    by_rules = summarise(client, anna, made).json["suggested_schema"]
    use_adviser(app, FixedAdviser(Advice("Fine.", schema)))
    assert summarise(client, anna, made).json == {"source": "ai", "text": "Fine.", "suggested_schema": by_rules}


@pytest.mark.parametrize("advice", [Unavailable(SECRET), RuntimeError(SECRET), Advice("", {}), Advice("\x00 \n", {})])
def test_a_summary_is_made_by_rules_when_the_adviser_fails(
    app: Flask, client: Client, anna: Person, advice: Advice | Exception
) -> None:
    made = upload(client, anna)
    by_rules = summarise(client, anna, made).json
    adviser = FixedAdviser(advice)
    use_adviser(app, adviser)
    assert summarise(client, anna, made).json == by_rules
    assert len(adviser.asked) == 1
