"""Values as people write them: their typed form, and rules that a schema switches off."""

import pytest

from tests.http.datasets.support import broken_rules, get_rows, upload
from tests.support.world import Client, Person

SPANISH = (
    "fecha;importe;activo\r\n"
    "31/12/2024;1.234,50;sí\r\n"
    "01/02/2025;20,00;no\r\n"
    "15/03/2025;3,25;sí\r\n"
    "30/02/2025;7,10;no\r\n"
    "16/03/2025;5,75;sí\r\n"
)


def test_values_stay_as_written_and_have_their_typed_form_beside_them(client: Client, anna: Person) -> None:
    made = upload(client, anna, SPANISH)
    columns = {each["name"]: each for each in made.json["columns"]}
    assert (columns["fecha"]["type"], columns["fecha"]["format"]) == ("date", "dd/mm/yyyy")
    assert (columns["importe"]["type"], columns["importe"]["decimal"], columns["importe"]["thousands"]) == (
        "number",
        ",",
        ".",
    )
    first, *_, absent, last = get_rows(client, anna, made)
    assert first["values"] == {"fecha": "31/12/2024", "importe": "1.234,50", "activo": "sí"}
    assert first["normalised"] == {"fecha": "2024-12-31", "importe": 1234.5, "activo": True}
    assert last["normalised"]["activo"] is True
    assert absent["findings"] == [{"rule": "type", "column": "fecha"}], "there is no 30 February"
    assert "fecha" not in absent["normalised"]


def test_a_typed_value_has_no_blanks_around_it(client: Client, anna: Person) -> None:
    made = upload(client, anna, "id,day\n 1 ,2024-01-31\n2,2024-02-01 \n", schema={"id": "integer", "day": "date"})
    first, second = get_rows(client, anna, made)
    assert (first["values"], first["normalised"]) == ({"id": " 1 ", "day": "2024-01-31"}, {"id": 1})
    assert (second["normalised"], second["valid"]) == ({"day": "2024-02-01"}, True)
    assert second["findings"] == [{"rule": "blanks", "column": "day"}]


def test_a_value_with_blanks_around_it_is_compared_with_the_bounds(client: Client, anna: Person) -> None:
    schema = {"n": {"type": "integer", "max": 100}, "day": {"type": "date", "max": "2026-12-31"}}
    made = upload(client, anna, "n,day\n 500 ,2026-01-01\n1, 2027-01-01\n", schema=schema)
    broken = broken_rules(made.json)
    assert {("max", "n"), ("max", "day")} <= {*broken}
    assert [row["valid"] for row in get_rows(client, anna, made)] == [False, False]


def test_a_schema_silences_a_rule_for_one_column(client: Client, anna: Person) -> None:
    data = "id,city,name\n" + "".join(f"{number},Madrid,Ana\n" for number in range(1, 9)) + "9,Madrid ,Ana \n"
    assert {column for rule, column in broken_rules(upload(client, anna, data).json) if rule == "blanks"} == {
        "city",
        "name",
    }
    schema = {"locale": "en", "columns": {"city": {"allow": ["blanks"]}}}
    silenced = broken_rules(upload(client, anna, data, schema=schema).json)
    assert {column for rule, column in silenced if rule == "blanks"} == {"name"}
    numbers = {"n": {"type": "integer", "allow": ["blanks"]}}
    assert broken_rules(upload(client, anna, "n,m\n 1,a\n2 ,b\n", schema=numbers).json) == {}


@pytest.mark.parametrize("rule", ["near_duplicate_row", "summary_row", "empty_row"])
def test_a_column_silences_a_rule_about_rows_for_the_file(client: Client, anna: Person, rule: str) -> None:
    data = "city,n\nMadrid,1\nMADRID,1\n,\nCádiz,3\nTotal,\n"
    silenced = {"city": {"allow": [rule]}, "n": "integer"}
    found, left = (
        {each: samples for (each, column), samples in broken_rules(made.json).items() if column is None}
        for made in (upload(client, anna, data), upload(client, anna, data, schema=silenced))
    )
    assert found.keys() == {"near_duplicate_row", "summary_row", "empty_row"}
    assert left == {each: samples for each, samples in found.items() if each != rule}


def test_a_column_that_the_schema_does_not_name_is_an_error_only_if_it_is_closed(client: Client, anna: Person) -> None:
    data = "id,name\n1,Ana\n2,Ben\n"
    for closed, broken in ((False, 0), (True, 1)):
        schema = {"closed": closed, "columns": {"id": "integer"}}
        found = broken_rules(upload(client, anna, data, schema=schema).json)
        assert len([rule for rule, _ in found if rule == "header"]) == broken


def test_an_amount_in_parentheses_or_before_a_minus_is_negative(client: Client, anna: Person) -> None:
    schema = {"n": {"type": "number", "decimal": ",", "thousands": ".", "min": -500}}
    made = upload(client, anna, "id;n\n1;1.200,50\n2;(1.200,50)\n3;99,5-\n4;-7\n", schema=schema)
    assert broken_rules(made.json) == {("min", "n"): (1, [3])}
    assert [row["normalised"]["n"] for row in get_rows(client, anna, made)[:3]] == [1200.5, -1200.5, -99.5]


def test_a_word_for_yes_may_have_any_letter_and_its_accents_do_not_matter(client: Client, anna: Person) -> None:
    schema = {"state": {"type": "boolean", "true": "dañado", "false": "groß"}}
    made = upload(client, anna, "id,state\n1,Dañado\n2,danado\n3,groß\n4,bueno\n", schema=schema)
    assert broken_rules(made.json) == {("type", "state"): (1, [5])}
    rows = get_rows(client, anna, made)
    assert [row["normalised"].get("state") for row in rows] == [True, True, False, None]


def test_an_hour_after_noon_has_no_half_of_the_day(client: Client, anna: Person) -> None:
    schema = {"at": {"type": "datetime", "format": "dd/mm/yyyy hh:mm"}}
    written = ["03:30 PM", "3:30 a.m.", "12:05 AM", "15:30", "15:30 AM", "24:00"]
    made = upload(client, anna, "id,at\n" + "".join(f"1,13/03/2024 {each}\n" for each in written), schema=schema)
    hours = [row["normalised"].get("at", "")[11:] for row in get_rows(client, anna, made)]
    assert hours == ["15:30", "03:30", "00:05", "15:30", "", ""]


def test_the_case_of_a_locale_does_not_matter(client: Client, anna: Person) -> None:
    data = "id,day\n1,03/04/2024\n2,05/06/2024\n"
    for locale in ("en-GB", "en-gb", "EN_gb"):
        made = upload(client, anna, data, schema={"locale": locale, "columns": {"day": "date"}})
        assert get_rows(client, anna, made)[0]["normalised"]["day"] == "2024-04-03"
