"""Every message of the code has a Spanish translation, and the summary of a dataset is written in Spanish."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from src.application.summaries import Statistics, rules, summarise_by_rules
from src.domain.csv import Column, Report
from src.interfaces import languages
from src.interfaces.http.authentication import Access
from src.interfaces.http.errorpages.catalogue import CATALOGUE
from src.interfaces.http.errorpages.rendering import TEXTS as WORDS
from src.interfaces.languages import catalogue, translated, translations
from src.interfaces.web.docs import GUIDE
from src.interfaces.web.mails import TEXTS

ROOT = Path(__file__).parents[2]
MESSAGE_OF = {
    **dict.fromkeys(("FieldError", "refused", "add_error"), 2),
    **dict.fromkeys(("InvalidValue", "PydanticCustomError", "NotCsv", "InvalidOption"), 1),
    **dict.fromkeys(("Unauthenticated", "Forbidden", "NotFound", "Ended", "InvalidToken", "InvalidCredentials"), 0),
    **dict.fromkeys(("BadRequest", "UnsupportedMediaType"), 0),
}
"""The position of the message in calls of these functions."""
NEVER_A_PROBLEM = {"chat.py", "foreign_hashes.py", "pictures.py", "relay.py", "checking.py"}
"""Modules whose errors are shown in a job, in a log or on the command line."""


def texts(node: ast.expr | None, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The texts that an expression can be; each value in a text is replaced by a letter."""
    match node:
        case ast.Constant(value=str(text)):
            text = "".join(part[0] + ("X" if part[1] is not None else "") for part in Formatter().parse(text))
            yield from [text] if text != "X" else []
        case ast.JoinedStr(values=values):
            parts = [part.value if isinstance(part, ast.Constant) else "X" for part in values]
            if set("".join(map(str, parts))) > {"X", " "}:
                yield "".join(map(str, parts))
        case ast.IfExp(body=body, orelse=other):
            yield from texts(body, assigned)
            yield from texts(other, assigned)
        case ast.Name(id=name):
            for value in assigned.get(name, ()):
                yield from texts(value, {})


def messages(path: Path) -> Iterator[str]:
    """The messages of the errors that a module raises."""
    assigned: dict[str, list[ast.expr]] = {}
    nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            assigned.setdefault(getattr(target, "id", ""), []).append(node.value)
    for value in assigned.get("default_detail", ()):
        yield from texts(value, {})
    for node in nodes:
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position = MESSAGE_OF.get(name, len(node.args))
            if position < len(node.args):
                yield from texts(node.args[position], assigned)


def test_every_message_of_an_error_has_a_translation() -> None:
    found = {
        (path.name, text)
        for path in (ROOT / "src").rglob("*.py")
        if path.name not in NEVER_A_PROBLEM
        for text in messages(path)
    }
    assert len(found) > 100
    missing = [(name, text) for name, text in sorted(found) if not catalogue("es").sentence(text)]
    assert not missing, "translate these messages in src/interfaces/languages/es.po"


@pytest.mark.parametrize("access", [access for access in Access if access.needs_token])
def test_the_callers_whom_an_operation_admits_have_a_translation(access: Access) -> None:
    assert translated(access.value, "es") != access.value


@pytest.mark.parametrize("texts_of_rules", [rules.FORMATS, rules.PROBLEMS, rules.REMEDIES])
def test_every_text_of_a_summary_has_a_translation(texts_of_rules: dict[str, str]) -> None:
    for text in texts_of_rules.values():
        assert translations("es").gettext(text) != text


def test_a_translation_has_no_values_that_its_message_lacks() -> None:
    with Path(languages.__file__).with_name("es.po").open("rb") as file:
        read = [each for each in read_po(file) if each.id]
    assert read
    for each in read:
        ids = [each.id] if isinstance(each.id, str) else [*each.id]
        strings = [each.string] if isinstance(each.string, str) else [*(each.string or ())]
        for id, string in zip(ids, strings, strict=True):
            assert string.strip() or (id, string) == (",", "\u202f"), id
            assert fields(string) <= fields(id), id


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_thousands_are_separated_as_each_language_does() -> None:
    column = Column("id")
    report = Report(",", "ascii", 1_234_567, 1_234_567, (column,), (column,), ())
    for language, number in (("en", "1,234,567"), ("es", "1\u202f234\u202f567")):
        facts, *_, note = summarise_by_rules(report, Statistics((column,)), translations(language)).text.splitlines()
        assert number in facts
        assert number in note


def test_a_sentence_is_translated_once_however_often_an_answer_repeats_it() -> None:
    translated.cache_clear()
    assert {translated("Use at least 8 characters.", "es") for _ in range(1_000)} == {"Usa al menos 8 caracteres."}
    assert translated.cache_info().misses == 1


@pytest.mark.parametrize(
    ("text", "spanish"),
    [
        ("Not authenticated", "No autenticado"),
        ("Use at least 8 characters.", "Usa al menos 8 caracteres."),
        ("This is for admins.", "Esto es para administradores."),
        (
            "This is a top-10 common password. Add a word or two that are not common.",
            "Es una de las 10 contraseñas más comunes. Añade una o dos palabras poco comunes.",
        ),
        ("A sentence of nobody.", "A sentence of nobody."),
    ],
)
def test_sentences_with_values_are_translated(text: str, spanish: str) -> None:
    assert translated(text, "es") == spanish
    assert translated(text, "en") == text


def test_every_text_of_the_pages_has_a_translation() -> None:
    explained = [text for kind in CATALOGUE.values() for text in (kind.cause, kind.remedy, kind.example)]
    texts = [*TEXTS.values(), *WORDS, *GUIDE, *explained]
    assert [text for text in texts if catalogue("es").sentence(text) is None] == []
