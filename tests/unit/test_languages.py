"""Every message of the code has a Spanish translation, and the summary of a dataset is written in Spanish."""

import ast
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast
from zxcvbn_rs_py import Warning

from src.application.summaries import Statistics, summarise_by_rules
from src.application.summaries import texts as sentences
from src.bootstrap.ports import LENIENT_SETTINGS_HINT
from src.domain.csv import Column, Report
from src.domain.messages import Translatable
from src.domain.values import InvalidValue
from src.infrastructure.csv.reading.binary import MAGIC
from src.infrastructure.identity.addresses import parse_address
from src.infrastructure.repositories.documents import singular
from src.infrastructure.stores.schema import COLLECTIONS
from src.interfaces.errors.catalogue import CATALOGUE
from src.interfaces.framework.parsing import WORDING
from src.interfaces.http.framework.authentication import Access
from src.interfaces.languages import translated, translations
from tests.support.translations import CATALOGUE as SPANISH
from tests.support.translations import IDS, fields, untranslated

SRC = Path(__file__).parents[2] / "src"
MESSAGE_OF = {
    **dict.fromkeys(("FieldError", "add_error", "_failed"), 2),
    **dict.fromkeys(("InvalidValue", "PydanticCustomError", "NotCsv", "InvalidOption", "refused"), 1),
    **dict.fromkeys(("Unauthenticated", "Forbidden", "NotFound", "Ended", "InvalidToken", "InvalidCredentials"), 0),
    **dict.fromkeys(("BadRequest", "UnsupportedMediaType", "Translatable", "AttemptFailed", "Postponed", "Down"), 0),
    "Busy": 0,
    "because": 1,
    "NotImportable": 0,
    "NotAnExport": 0,
    **dict.fromkeys(("NotJson", "Unavailable", "TooManyAttempts", "_down", "says"), 0),
}
"""The position of the message in calls of these functions."""
MODULES = [path for path in sorted(SRC.rglob("*.py")) if path != SRC / "domain" / "messages.py"]


def templates(node: ast.expr | None, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yield the messages that an expression can be. A concatenated text is not a message, and has no translation."""
    match node:
        case ast.Constant(value=str(text)) if text != "{message}":  # pydantic's own template for a message of ours
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from templates(body, assigned)
            yield from templates(other, assigned)
        case ast.BoolOp(values=values):
            for value in values:
                yield from templates(value, assigned)
        case ast.Name(id=name):
            for value in assigned.get(name, ()):
                yield from templates(value, {})
        case ast.JoinedStr() | ast.BinOp():
            yield ast.unparse(node)


def messages(path: Path) -> Iterator[tuple[str, set[str] | None]]:
    """Yield the messages of a module, each with the names of its values, or None if they are not known."""
    assigned: dict[str, list[ast.expr]] = {}
    nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            assigned.setdefault(getattr(target, "id", ""), []).append(node.value)
    for value in assigned.get("default_detail", ()):
        yield from ((text, set()) for text in templates(value, {}))
    for node in nodes:
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position = MESSAGE_OF.get(name, len(node.args))
            if position < len(node.args):
                first = node.args[position]
                known = name == "Translatable" and isinstance(first, ast.Constant) and all(e.arg for e in node.keywords)
                values = {str(each.arg) for each in node.keywords} if known else None
                yield from ((text, values) for text in templates(first, assigned))


def test_every_message_has_a_translation_and_is_given_the_values_that_it_names() -> None:
    found = [(path.name, text, values) for path in MODULES for text, values in messages(path)]
    assert len(found) > 200
    missing = [(name, text) for name, text, _ in found if text not in IDS]
    assert not missing, "translate these messages in src/interfaces/languages/es.po"
    wrong = [(name, text) for name, text, values in found if values is not None and values != fields(text)]
    assert not wrong, "give these messages the values that they name"


def test_every_word_that_is_a_value_of_a_message_has_a_translation() -> None:
    documents = {"users", "sessions", "tasks", "dogs", "files", "jobs", "mails", "datasets", "webhooks", "deliveries"}
    assert documents < {collection.name for collection in COLLECTIONS}
    things = [singular(name) for name in documents]
    warnings = [str(getattr(Warning, name)) for name in dir(Warning) if name[0] != "_"]
    words = [*things, *warnings, *MAGIC.values(), LENIENT_SETTINGS_HINT, *map(itemgetter(1), WORDING.values())]
    assert len(warnings) > 10
    assert [word for word in words if word not in IDS] == []


@pytest.mark.parametrize("access", [access for access in Access if access.needs_token])
def test_the_callers_whom_an_operation_admits_have_a_translation(access: Access) -> None:
    assert access.value in IDS


@pytest.mark.parametrize(
    "texts_of_rules",
    [
        sentences.FORMATS,
        sentences.TYPES,
        sentences.MOSTLY,
        sentences.PROBLEMS,
        sentences.REMEDIES,
        sentences.HEADER,
        sentences.NOTES,
        sentences.RULES,
        sentences.UNCHECKED,
    ],
)
def test_every_text_of_a_summary_has_a_translation(texts_of_rules: dict[str, str]) -> None:
    for text in texts_of_rules.values():
        assert translations("es").gettext(text) != text


@pytest.mark.parametrize(
    "address",
    [
        *("x", "@x.org", "x@", "a..b@x.org", '"a b"@x.org', "a@[1.2.3.4]", "A <a@x.org>", "a@localhost", "a@x..org"),
        *("a@-x.org", "a@x_y.org", f"a@{'x' * 64}.org", f"{'x' * 65}@x.org", "a b@x.org", "a@x y.org", ".a@x.org"),
        *("a.@x.org", "a@.x.org", "a@x.org.", "a@xn--a.org", "a@x.invalid", "a@test", "a@x@y.org", "\0@x.org"),
        *("a@\u202ex.org", "\u202ea@x.org", "a@1.2.3.4", "=?x?=@x.org", f"a@{'x.' * 130}org", "a@x\u2024org"),
    ],
)
def test_every_message_about_an_address_has_a_translation(address: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_address(address)
    assert [*untranslated(refused.value.message)] == []


def test_a_translation_has_the_values_of_its_message() -> None:
    for each in SPANISH:
        ids = [each.id] if isinstance(each.id, str) else [*each.id]
        strings = [each.string] if isinstance(each.string, str) else [*(each.string or ())]
        for id, string in zip(ids, strings, strict=True):
            assert string.strip() or (id, string) == (",", "\u202f"), id
            assert fields(string) == fields(id), id


def test_a_file_has_one_name_in_spanish() -> None:
    assert [each.id for each in SPANISH if "archivo" in str(each.string)] == []


def test_thousands_are_separated_as_each_language_does() -> None:
    column = Column("id")
    report = Report(",", "ascii", 1_234_567, 1_234_567, (column,), (column,), ())
    for language, number in (("en", "1,234,567"), ("es", "1\u202f234\u202f567")):
        facts, *_, note = summarise_by_rules(report, Statistics((column,)), translations(language)).text.splitlines()
        assert number in facts
        assert number in note


WEAK = Translatable("{reason} Add a word or two that are not common.", reason=Translatable("Give a text."))


@pytest.mark.parametrize(
    ("message", "english", "spanish"),
    [
        ("Not authenticated", "Not authenticated", "No autenticado"),
        (Translatable("Use at least {n} characters.", n=8), "Use at least 8 characters.", "Usa al menos 8 caracteres."),
        (
            WEAK,
            "Give a text. Add a word or two that are not common.",
            "Da un texto. Añade una o dos palabras poco comunes.",
        ),
        ("A sentence of nobody, with {braces}.",) * 3,
        ("", "", ""),
    ],
)
def test_a_message_is_translated_with_its_values(message: str, english: str, spanish: str) -> None:
    assert (translated(message, "en"), translated(message, "es")) == (english, spanish)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("value", ["Give a text.", "{name}{n}{0}{name.__class__}", "{", "%(name)s", "\0\u202e"])
def test_a_text_of_a_client_is_never_translated_or_filled_in(language: str, value: str) -> None:
    message = Translatable("{name} is not a JSON number", name=value)
    assert translated(message, language).startswith(f"{value} ")


def test_a_value_is_clipped_wherever_it_is_shown() -> None:
    message = Translatable("{name} is not a JSON number", name="x" * 101)
    assert str(message) == translated(message, "en") == "x" * 99 + "… is not a JSON number"
    assert str(Translatable("{name} is not a JSON number", name="x" * 100))[:101] == "x" * 100 + " "


def texts_of_templates() -> Iterator[str]:
    """Yield the texts that the templates of the pages translate."""
    for template in (SRC / "interfaces/web").rglob("*.html"):
        for _, _, text in extract_from_ast(Environment().parse(template.read_text("utf-8")), ("_",)):
            yield from [each for each in ([text] if isinstance(text, str) else text or []) if each]


def test_every_text_of_the_pages_has_a_translation() -> None:
    explained = [text for kind in CATALOGUE.values() for text in (kind.cause, kind.remedy, kind.detail)]
    texts = [*explained, *texts_of_templates()]
    assert "Send me a code" in texts
    assert [each for text in texts for each in untranslated(text)] == []
