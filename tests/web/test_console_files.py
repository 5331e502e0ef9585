"""The pages of files and datasets in the console, without scripts."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from src.domain.csv import Column, ColumnType, Report, Sample, Validation
from tests.support.world import Person, build, client_of, join, services_of
from tests.web.surfer import ORIGIN, PAGE, Surfer, forms_of, said

FILES, DATASETS = "/console/files", "/console/datasets"
CORPUS = Path(__file__).parents[1] / "corpus"
EVIL = "<img src=x onerror=alert(1)>\"'&{{ 7777*7 }}"


Part = tuple[str, str | None, bytes]
"""A part of a form: a name, a filename or None, and a content."""


def post_parts(surfer: Surfer, path: str, *parts: Part, origin: str = ORIGIN) -> TestResponse:
    """Send a form as browsers do: with the parts in this order."""
    head = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    heads = [head.format(name, "" if file is None else f'; filename="{file}"').encode() for name, file, _ in parts]
    body = b"".join(head + content + b"\r\n" for head, (_, _, content) in zip(heads, parts, strict=True)) + b"--b--\r\n"
    headers = {**PAGE, "Origin": origin, "Content-Type": "multipart/form-data; boundary=b"}
    return surfer.browser.post(path, data=body, base_url=ORIGIN, headers=headers)


def send_file(surfer: Surfer, path: str, content: bytes, _name: str = "a.csv", **typed: str) -> TestResponse:
    """Choose a file in the form of a page, and send it."""
    fields = {**forms_of(surfer.open(path))[path], **typed}
    fields.pop("file")
    before = [(field, None, fields.pop(field).encode()) for field in ("csrf",)]
    after = [(field, None, text.encode()) for field, text in fields.items()]
    escaped = _name.replace('"', "%22")
    return post_parts(surfer, path, *before, ("file", escaped, content), *after)


def check(surfer: Surfer, content: bytes, _name: str = "a.csv", **typed: str) -> TestResponse:
    """Upload a CSV file, and return the page with the verdict."""
    sent = send_file(surfer, DATASETS, content, _name, **typed)
    assert sent.status_code == 303, sent.text
    return surfer.open(sent.location)


@pytest.fixture
def ursula(app: Flask) -> Surfer:
    """A browser in which an uploader is signed in."""
    surfer = Surfer(app)
    surfer.sign_in(join(client_of(app), "uploader").user["username"])
    return surfer


# Files


def test_a_file_is_uploaded_listed_downloaded_and_removed(signed_in: Surfer) -> None:
    assert "No file yet." in said(signed_in.open(FILES))
    done = send_file(signed_in, FILES, b"<script>alert(1)</script>", "página.html")
    page = signed_in.open(done.location)
    assert "The file is stored." in said(page)
    assert "25 B" in said(page)
    [content] = re.findall(rf'href="({FILES}/\w+/content)"', page.text)
    download = signed_in.open(content)
    assert (download.data, download.content_type) == (b"<script>alert(1)</script>", "application/octet-stream")
    assert download.headers["Content-Disposition"].startswith('attachment; filename="p_gina.html"; filename*=UTF-8')
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in download.headers["Cache-Control"]
    removal = content.replace("content", "delete")
    assert "página.html" in said(signed_in.open(removal))
    assert "The file is removed." in said(signed_in.open(signed_in.send(removal).location))
    assert signed_in.open(content).status_code == 404


def test_no_other_page_and_no_stranger_stores_or_reads_a_file(signed_in: Surfer, app: Flask) -> None:
    send_file(signed_in, FILES, b"mine", "mine.txt")
    [content] = re.findall(rf'href="({FILES}/\w+/content)"', signed_in.open(FILES).text)
    file, token = ("file", "evil.txt", b"x"), forms_of(signed_in.open(FILES))[FILES]["csrf"].encode()
    own: Part = ("csrf", None, token)
    wrong: Part = ("csrf", None, b"0" * 64)
    attacks: list[tuple[Surfer, list[Part], str]] = [
        (signed_in, [own, file], "https://evil.example"),
        (signed_in, [file], ORIGIN),
        (signed_in, [wrong, file], ORIGIN),
        (signed_in, [file, own], ORIGIN),
        (Surfer(app), [own, file], ORIGIN),
    ]
    for surfer, parts, origin in attacks:
        assert post_parts(surfer, FILES, *parts, origin=origin).status_code == 403
    assert "evil" not in said(signed_in.open(FILES))
    ben = Surfer(app)
    ben.sign_in(join(client_of(app)).user["username"])
    for path in (content, content.replace("content", "delete")):
        assert ben.open(path).status_code == 404
        assert Surfer(app).open(path).location.startswith("/console/signin?")


def test_a_form_has_the_limits_of_the_api_and_says_what_to_do() -> None:
    small = Surfer(build(max_upload_bytes=100))
    small.sign_in(join(client_of(small.app)).user["username"])
    large = send_file(small, FILES, b"x" * 101)
    assert (large.status_code, 'role="alert"' in large.text) == (413, True)
    token = forms_of(small.open(FILES))[FILES]["csrf"].encode()
    missing = post_parts(small, FILES, ("csrf", None, token), ("file", "", b""))
    assert (missing.status_code, "Choose a file." in said(missing)) == (422, True)
    assert not [*services_of(small.app).files.objects.records.list_for_user(None).items]


@pytest.mark.parametrize(
    ("role", "sees_files", "sees_datasets"),
    [("guest", 403, 403), ("user", 200, 403), ("auditor", 200, 403), ("uploader", 200, 200), ("admin", 200, 200)],
)
def test_the_pages_are_for_the_roles_of_the_api(
    app: Flask, ursula: Surfer, role: str, sees_files: int, sees_datasets: int
) -> None:
    surfer = Surfer(app)
    if role == "guest":
        surfer.send("/console/guest", "/console/signin")
    else:
        surfer.sign_in(join(client_of(app), role).user["username"])
    menu = surfer.open("/console/account").text
    assert [f'href="{path}"' in menu for path in (FILES, DATASETS)] == [sees_files == 200, sees_datasets == 200]
    assert surfer.open(FILES).status_code == sees_files
    send_file(ursula, DATASETS, b"id\n1\n")
    [one] = re.findall(rf'href="({DATASETS}/\w{{32}})"', ursula.open(DATASETS).text)
    for path in (DATASETS, f"{one}/rows", f"{one}/file", f"{one}/delete", one):
        expected = sees_datasets if path == DATASETS or role != "uploader" else 404
        assert surfer.open(path).status_code == expected


def test_the_token_of_another_form_uploads_no_dataset_for_a_user(app: Flask, signed_in: Surfer, anna: Person) -> None:
    token = forms_of(signed_in.open(FILES))[FILES]["csrf"].encode()
    sent = post_parts(signed_in, DATASETS, ("csrf", None, token), ("file", "a.csv", b"id\n1\n"))
    assert sent.status_code == 403
    assert client_of(app).get("/user/export", headers=anna.headers).json["datasets"] == []


# Datasets


def test_a_person_reads_what_is_wrong_with_a_spanish_file(ursula: Surfer) -> None:
    ursula.browser.set_cookie("language", "es")
    lines = [
        "nombre;alta;importe;correo",
        *(f"Ana {n};{n:02}/03/2026;1.{n}00,5;ana{n}@example.com" for n in range(1, 10)),
    ]
    lines += ["Luis;31/02/2026;12,5;luis@", "Eva;01/04/2026;mucho;eva@example.com"]
    schema = '{"nombre": "string", "alta": "date", "importe": "number", "correo": "email"}'
    page = check(ursula, "\n".join(lines).encode("latin-1"), "socios.csv", schema=schema)
    text = said(page)
    assert "9 de 11 filas están bien." in text
    for phrase in ("socios", "Punto y coma", "Por corregir: 2", "alta · No es una fecha que exista"):
        assert phrase in text
    for value, reason in (
        ("31/02/2026", "No es una fecha"),
        ("mucho", "No es un número"),
        ("luis@", "No es una direc"),
    ):
        assert re.search(rf'class="x"[^>]*><b><bdi>{value}</bdi></b><small>{reason}', page.text)
    assert "mediana" in text
    assert page.text.count('<rect class="r"') >= 2


def test_a_suggested_schema_is_accepted_edited_and_refused(ursula: Surfer) -> None:
    page = check(ursula, b"id,name\n" + b"".join(b"%d,Ann\n" % n for n in range(30)), "people.csv", name="People")
    assert "+ unique" in said(page)
    assert "All 30 rows are good." in said(page)
    [target] = [path for path in forms_of(page) if path.endswith("/check")]
    again = ursula.open(ursula.send(target, page).location)
    assert "The earlier verdict is still in the list." in said(again)
    assert "first click" in said(ursula.open(ursula.send(target, page).location))  # a double click
    assert "+ unique" not in said(again)
    stricter = ursula.send(target, page, schema='{"id": {"type": "integer", "max": 9}, "name": "string"}')
    assert "10 of 30 rows are good." in said(ursula.open(stricter.location))
    refused = ursula.send(target, page, schema='{"id": "<b>"')
    assert (refused.status_code, "This is not valid JSON" in said(refused)) == (422, True)
    assert "{&#34;id&#34;: &#34;&lt;b&gt;&#34;" in refused.text
    assert said(ursula.open(DATASETS)).count("people.csv") == 3


def test_a_long_file_is_read_whole_for_the_words_only_if_asked_to(ursula: Surfer) -> None:
    page = check(ursula, b"id,n\n" + b"".join(b"%d,1\n" % n for n in range(5_500)))
    assert "the first 5,000 were looked at" in said(page)
    assert "No rule is suggested." in said(page)
    [more] = re.findall(r'href="([^"]*words=all)#words"', page.text)
    assert "+ unique" in said(ursula.open(more))


def test_rows_are_paged_and_filtered(ursula: Surfer) -> None:
    content = b"n\n" + b"".join(b"%d\n" % n for n in range(120)) + b"x\n" * 60
    page = check(ursula, content, schema='{"n": "integer"}')
    assert page.text.count('<tr role="row" id="l') == 10
    [rows] = {*re.findall(r'href="(/console/datasets/\w+/rows\?valid=false)"', page.text)}
    first = ursula.open(rows)
    assert first.text.count('<tr role="row" id="l') == 50
    [more] = re.findall(r'href="([^"]*cursor=\d+)"', first.text)
    assert ursula.open(unescape(more)).text.count('<tr role="row" id="l') == 10
    assert 'class="x"' not in ursula.open(rows.replace("false", "true")).text
    assert ursula.open(f"{rows}&cursor=x").status_code == 422


@pytest.mark.parametrize("evil", [EVIL, "=HYPERLINK(1)", "\u202egpj.exe", "</script><script>alert(1)</script>"])
def test_names_headers_and_cells_of_a_file_are_texts(ursula: Surfer, evil: str) -> None:
    cell = '"' + evil.replace('"', '""') + '"'
    content = f"{cell},n\n{cell},1\n{cell},x\n,2\n".encode()
    schema = json.dumps({evil: {"type": "string", "enum": [evil]}, "n": "integer"})
    page = check(ursula, content, f"{quote(evil, safe='')[:50]}<b>.csv", name=evil.replace("\u202e", ""), schema=schema)
    id = page.request.path
    for path in (id, f"{id}/rows", f"{id}/delete", DATASETS, f"{DATASETS}?like={id.rpartition('/')[2]}"):
        shown = ursula.open(path)
        assert shown.status_code == 200
        for markup in ("<img", "<script>alert", "<b>.csv"):
            assert markup not in shown.text
        assert "54439" not in said(shown)
        assert "unsafe" not in shown.headers["Content-Security-Policy"]
        assert not re.search(r"\s(style|on\w+)=", re.sub(r">[^<]*<|\"[^\"]*\"|'[^']*'", "", shown.text))


def test_a_page_of_10_000_columns_is_bounded(ursula: Surfer) -> None:
    services = services_of(ursula.app).datasets
    id = check(ursula, b"n\n" + b"1\n" * (services.sync_rows + 2)).request.path.rpartition("/")[2]
    columns = tuple(Column(f"column {n}", ColumnType.INTEGER) for n in range(10_000))
    broken = Validation("type", "column 9999", 1, (Sample(2, "<bad>"),))
    report = Report(",", "UTF-8", 1, 0, columns, columns, (broken,))
    dataset = services.objects.records.update(
        id, lambda stored: replace(stored, row_sets=("wide",)).with_report(report)
    )
    cells = ["x"] * 9_999 + ["<bad>", [["type", 9_999]]]
    services.rows.append(dataset.rows_id, [(2, False, json.dumps(cells))])
    page = ursula.open(f"{DATASETS}/{id}")
    assert len(page.data) < 60_000
    assert "&lt;bad&gt;" in page.text
    assert "9,970 more columns are not shown here." in said(page)
    assert len(ursula.open(f"{page.request.path}/rows").data) < 60_000


def test_a_check_in_a_job_shows_its_progress_and_is_cancelled(ursula: Surfer) -> None:
    service = services_of(ursula.app).datasets
    page = check(ursula, b"n\n" + b"1\n" * (service.sync_rows + 2))
    assert "data-poll" in page.text
    assert "Being checked" in said(page)
    assert "Being checked" in said(ursula.open(DATASETS))
    cancelled = ursula.open(ursula.send(f"{page.request.path}/cancel", page).location)
    assert "The file is not checked." in said(cancelled)
    assert "data-poll" not in cancelled.text
    assert ursula.send(f"{page.request.path}/delete").location == f"{DATASETS}?done=dataset-removed"
    assert ursula.open(page.request.path).status_code == 404


@pytest.mark.parametrize("file", ["absences-es.csv", "bank-de.csv", "athletes-en.csv", "bad-byte-en.csv"])
def test_files_of_real_people_are_shown_within_the_budget(ursula: Surfer, file: str) -> None:
    page = check(ursula, (CORPUS / file).read_bytes(), file)
    assert len(page.data) < 80_000


def test_a_file_that_is_no_csv_is_refused_with_what_to_do_and_keeps_what_was_typed(ursula: Surfer) -> None:
    refused = send_file(ursula, DATASETS, b"\x89PNG\0\0", "photo.csv", name="Photos")
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert forms_of(refused)[DATASETS]["name"] == "Photos"


def test_an_admin_sees_and_removes_datasets_of_others(ursula: Surfer, app: Flask) -> None:
    root: Person = join(client_of(app), "admin")
    surfer = Surfer(app)
    surfer.sign_in(root.user["username"])
    page = check(ursula, b"id\n1\n", name="Of Ursula")
    assert "Of Ursula" in said(surfer.open(DATASETS))
    assert surfer.send(f"{page.request.path}/delete").status_code == 303
    assert ursula.open(page.request.path).status_code == 404
