"""Summarises a report by fixed rules, without an adviser. Equal files have equal summaries."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Literal

from src.application.summaries import texts
from src.application.summaries.schemas import suggested_columns
from src.application.summaries.statistics import Statistics
from src.application.summaries.texts import described, form_of
from src.domain.csv import Column, ColumnType, Report, Severity, Validation, schema_json

ENGLISH = NullTranslations()
MAX_TEXT = 4_000
"""The length of a summary in characters."""
MAX_FINDINGS = 20
MAX_LINES = 3
"""The number of line numbers for each broken rule."""
MAX_SHOWN = 60
"""The length in characters at which a name is cut."""
_DIRECTION_MARKS = {*"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
"""They change the order in which characters are displayed, and so can disguise a text."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A text of at most MAX_TEXT characters, and a schema that the next upload of the table can use."""

    source: Literal["rules", "ai"]
    text: str
    suggested_schema: dict[str, dict[str, object]]


def summarise_by_rules(report: Report, statistics: Statistics, translations: NullTranslations = ENGLISH) -> Summary:
    """Return a summary with the violations, what to do about them, and rules that no row breaks.

    The text is in the language of ``translations``, by default in English.
    """
    columns = suggested_columns(report, statistics)
    text = _Text(report, statistics, translations)
    lines = [*text.facts(), *text.findings(), *text.notes(), *text.additions(columns)]
    note = coverage_note(report, statistics, translations)
    return Summary("rules", plain_text("\n".join(lines), note), schema_json(columns))


def plain_text(text: str, end: str = "") -> str:
    """Return the text without control characters, cut to MAX_TEXT, with ``end`` as its last line."""
    end = f"\n{end}" if end else ""
    text = text.replace("\r\n", "\n").replace("\t", " ")[: 2 * MAX_TEXT]
    text = "".join(
        c for c in text if c == "\n" or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in _DIRECTION_MARKS)
    )
    text, most = text.strip(), MAX_TEXT - len(end)
    return (text if len(text) <= most else f"{text[: most - 1]}…") + end


def coverage_note(report: Report, statistics: Statistics, translations: NullTranslations) -> str:
    """Return a sentence that says how many rows the statistics cover, or an empty text when they cover all."""
    if statistics.rows >= report.rows:
        return ""
    text = "Of the {rows} rows, none were looked at for the suggested schema, so it adds no rules."
    if statistics.rows:
        text = "Of the {rows} rows, the first {covered} were looked at for the suggested schema, so it adds no rules."
    rows, covered = (grouped(count, translations) for count in (report.rows, statistics.rows))
    return translations.gettext(text).format(rows=rows, covered=covered)


def grouped(number: float, translations: NullTranslations) -> str:
    """Return a number with the separators of thousands and of decimals that the language uses."""
    whole, point, decimals = f"{number:,}".partition(".")
    return whole.replace(",", translations.gettext(",")) + (translations.gettext(".") if point else "") + decimals


class _Text:
    """Writes the lines of a summary in one language."""

    def __init__(self, report: Report, statistics: Statistics, translations: NullTranslations) -> None:
        self._report, self._statistics, self._translations = report, statistics, translations
        self._say, self._count_of = translations.gettext, translations.ngettext

    def facts(self) -> Iterator[str]:
        """Yield the size of the table and the share of rows without errors."""
        report = self._report
        rows = self._count(report.rows, "{count} row", "{count} rows")
        columns = self._count(len(report.columns), "{count} column", "{count} columns")
        size = self._say("The table has {rows} and {columns}.").format(rows=rows, columns=columns)
        header = next((each for each in report.validations if each.rule == "header" and not each.passed), None)
        is_missing = header and any(sample.value.startswith("missing: ") for sample in header.samples)
        if is_missing and report.rows and report.valid_rows == report.rows:
            # All rows lack a column, so it would mislead to say that none has an error.
            yield size
            return
        # Rounded down, so that 100 % means every row.
        tenths = 1000 * report.valid_rows // report.rows if report.rows else 0
        percent = grouped(tenths // 10 if tenths % 10 == 0 else tenths / 10, self._translations)
        share = f" ({percent} %)" if report.rows else ""
        valid = self._count(report.valid_rows, "{count} row{share} has no error.", "{count} rows{share} have no error.")
        yield f"{size} {valid.replace('{share}', share)}"

    def findings(self) -> Iterator[str]:
        """Yield a line for each broken rule, up to MAX_FINDINGS. Errors come first."""
        broken = [validation for validation in self._report.validations if not validation.passed]
        broken.sort(key=lambda each: each.severity is Severity.WARNING)
        if not broken:
            yield self._say("Nothing was found. Checked were the rows, the types, and suspicious values.")
            yield from self._unchecked()
        columns = {column.name: column for column in self._report.columns}
        for validation in broken[:MAX_FINDINGS]:
            column = columns.get(validation.column or "", Column(validation.column or ""))
            yield f"- {self._finding(validation, column)} {self._remedy(validation, column)}"
        if more := len(broken) - min(len(broken), MAX_FINDINGS):
            named = "{count} more rule was broken; the report names it."
            yield f"- {self._count(more, named, '{count} more rules were broken; the report names them.')}"

    def _unchecked(self) -> Iterator[str]:
        asked = {rule for column in self._report.schema for rule in column.rules}
        missing = [self._say(text) for rule, text in texts.UNCHECKED.items() if rule not in asked]
        if missing:
            told = self._say("Not checked, because no schema says it: {list}.")
            yield told.format(list="; ".join(missing))

    def notes(self) -> Iterator[str]:
        """Yield a line for each kind of remark that a reader of the file should know."""
        for kind, text in texts.NOTES.items():
            names = [f"“{_short(note.value)}”" for note in self._report.notes if note.kind == kind]
            if names:
                more = ", …" if len(names) > MAX_LINES else ""
                yield self._say(text).format(names=self._quoted(", ".join(names[:MAX_LINES]) + more))

    def additions(self, columns: tuple[Column, ...]) -> Iterator[str]:
        """Yield a line with the rules that the suggested schema adds, if any."""
        given = {column.name: column for column in self._report.schema}
        added = []
        for column in columns:
            old = given.get(column.name, Column(""))
            if rules := [self._say(texts.RULES[rule]) for rule in column.rules if rule not in old.rules]:
                quoted = self._say("“{column}” {rules}")
                added.append(quoted.format(column=_short(column.name), rules=", ".join(rules)))
        if added:
            more = len(added) - min(len(added), MAX_FINDINGS)
            others = self._count(more, "; and rules of {count} more column", "; and rules of {count} more columns")
            shown = "; ".join(added[:MAX_FINDINGS]) + (others if more else "")
            told = self._say("The suggested schema adds rules that all rows keep already: {rules}.")
            yield told.format(rules=shown)

    def _finding(self, validation: Validation, column: Column) -> str:
        if validation.rule == "header":
            shown = [self._header_problem(sample.value) for sample in validation.samples[:MAX_LINES]]
            more = "; …" if validation.count > MAX_LINES else ""
            told = self._count(
                validation.count,
                "The header has {count} problem ({problems}).",
                "The header has {count} problems ({problems}).",
            )
            return told.replace("{problems}", "; ".join(shown) + more)
        template, other = self._template(validation, column)
        return self._say(template).format(
            rows=self._count(validation.count, "{count} row", "{count} rows"),
            lines=self._lines(validation),
            encoding=self._report.encoding,
            column=_short(column.name),
            form=self._form(described(column)),
            other=self._form(other),
            share=self._share(validation, column),
            least=self._bound(column.min),
            most=self._bound(column.max),
        )

    def _template(self, validation: Validation, column: Column) -> tuple[str, str]:
        """Return the sentence about a finding, and the other form in which its values are written, if there is one."""
        match validation.rule:
            case "type":
                return texts.TYPES[column.type], ""
            case "mixed_format":
                forms = (form_of(column, sample.value.strip()) for sample in validation.samples)
                others = {described(form) for form in forms if form} - {described(column)}
                if others:
                    return texts.PROBLEMS["mixed_format_of"], ", ".join(sorted(others))
            case "mostly_type":
                for note in self._report.notes:
                    if note.kind.startswith("mostly ") and note.value == validation.column:
                        return texts.MOSTLY[ColumnType(note.kind.removeprefix("mostly "))], ""
        return texts.PROBLEMS[_problem(validation)], ""

    def _share(self, validation: Validation, column: Column) -> str:
        """Return how many values are of the type that most values have, such as "13 of 20".

        If the statistics do not cover all rows, the others are taken to have as many values.
        """
        counted, rows = self._statistics.columns.get(column.name), self._statistics.rows
        filled = max(counted.filled * self._report.rows // rows if counted and rows else 0, validation.count)
        text = self._say("{fitting} of {filled} values")
        fitting = grouped(filled - validation.count, self._translations)
        return text.format(fitting=fitting, filled=grouped(filled, self._translations))

    def _header_problem(self, value: str) -> str:
        kind, _, name = value.partition(": ")
        text = self._say(texts.HEADER[kind])
        return text.format(name=_short(name.removeprefix("column ") if kind == "empty" else name))

    def _form(self, form: str) -> str:
        """Return a form of dates with the letter that the language has for years."""
        return form.replace("yy", self._say("yy"))

    def _bound(self, bound: object) -> str:
        return grouped(bound, self._translations) if isinstance(bound, int | float) else str(bound)

    def _quoted(self, text: str) -> str:
        opening, closing = self._say("“{name}”").split("{name}")
        return text.replace("“", opening).replace("”", closing)

    def _remedy(self, validation: Validation, column: Column) -> str:
        rule = validation.rule
        if rule == "not_empty" and validation.severity is Severity.WARNING:
            return self._say("Fill in the values, or say in the schema whether they are required.")
        if rule == "type":
            remedy = self._say(texts.FORMATS.get(column.type, "Correct the values.")).format(
                form=self._form(described(column))
            )
            return self._say("{remedy} Or ask for another type.").format(remedy=remedy)
        return self._say(texts.REMEDIES[_problem(validation)])

    def _lines(self, validation: Validation) -> str:
        numbers = [str(sample.row) for sample in validation.samples[:MAX_LINES]]
        if not numbers:
            return ""
        text = ", at lines {lines}" if len(numbers) > 1 else ", at line {lines}"
        text = ", first at lines {lines}" if validation.count > len(numbers) else text
        return self._say(text).format(lines=", ".join(numbers))

    def _count(self, count: int, one: str, several: str) -> str:
        """Return one of two texts with the count in it."""
        return self._count_of(one, several, count).replace("{count}", grouped(count, self._translations))


def _problem(validation: Validation) -> str:
    """Return the key of a finding in the texts: the name of its rule, with a key of its own for unclosed quotes."""
    is_unclosed = all(sample.value.startswith("unclosed quote") for sample in validation.samples)
    return "unclosed" if validation.rule == "row_width" and is_unclosed else validation.rule


def _short(text: str) -> str:
    """Return the text on one line, cut to MAX_SHOWN."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
