"""Summarises a report by fixed rules, without an adviser. Equal files have equal summaries."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Literal

from src.application.summaries.schemas import suggested_columns
from src.application.summaries.statistics import Statistics
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

# The keys of the catalogues of translations are the English texts.
FORMATS = {
    ColumnType.INTEGER: "Write digits only: no decimals, thousands separators, units or leading zeros.",
    ColumnType.NUMBER: "Write a point before decimals, and no thousands separators, units or leading zeros.",
    ColumnType.BOOLEAN: "Write true or false.",
    ColumnType.DATE: "Write dates that exist as YYYY-MM-DD.",
    ColumnType.DATETIME: "Write YYYY-MM-DDTHH:MM:SSZ, or an offset such as +02:00 in place of the Z.",
    ColumnType.EMAIL: "Write one whole address, such as name@example.com, and nothing else.",
}
PROBLEMS = {
    "row_width": "Cells are too many or too few in {rows}{lines}.",
    "encoding": "Characters are not valid {encoding} in {rows}{lines}.",
    "duplicate_row": "An earlier row is repeated in {rows}{lines}.",
    "not_empty": "“{column}” is empty in {rows}{lines}.",
    "type": "“{column}” holds no {type} in {rows}{lines}.",
    "unique": "“{column}” repeats an earlier value in {rows}{lines}.",
    "min": "“{column}” is less than {least} in {rows}{lines}.",
    "max": "“{column}” is more than {most} in {rows}{lines}.",
    "pattern": "“{column}” does not match the pattern in {rows}{lines}.",
    "enum": "“{column}” holds a value that is not allowed in {rows}{lines}.",
}
REMEDIES = {
    "header": "Name every column once, in the words of the schema, or change the schema.",
    "row_width": "Put quotes around values that hold the delimiter or a line break, and complete short rows.",
    "encoding": "Save the file as UTF-8, or name its encoding when you upload it.",
    "duplicate_row": "Remove the copies.",
    "not_empty": "Fill in the values, or do not require them.",
    "unique": "Correct or remove the repeated values, or do not ask for unique ones.",
    "min": "Correct the values, or lower the minimum.",
    "max": "Correct the values, or raise the maximum.",
    "pattern": "Write the values as the pattern says, or change the pattern.",
    "enum": "Use one of the allowed values, spelt exactly as in the schema, or allow more.",
}


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
    text = _Text(report, translations)
    lines = [*text.facts(), *text.findings(), *text.additions(columns)]
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
    rows, covered = (_grouped(count, translations) for count in (report.rows, statistics.rows))
    return translations.gettext(text).format(rows=rows, covered=covered)


def _grouped(count: int, translations: NullTranslations) -> str:
    """Return a number with the separator of thousands that the language uses."""
    return f"{count:,}".replace(",", translations.gettext(","))


class _Text:
    """Writes the lines of a summary in one language."""

    def __init__(self, report: Report, translations: NullTranslations) -> None:
        self._report, self._translations = report, translations
        self._say, self._count_of = translations.gettext, translations.ngettext

    def facts(self) -> Iterator[str]:
        """Yield the size of the table and the share of rows without errors."""
        report = self._report
        rows = self._count(report.rows, "{count} row", "{count} rows")
        columns = self._count(len(report.columns), "{count} column", "{count} columns")
        # Rounded down, so that 100 % means every row.
        share = f" ({1000 * report.valid_rows // report.rows / 10:g} %)" if report.rows else ""
        valid = self._count(report.valid_rows, "{count} row{share} has no error.", "{count} rows{share} have no error.")
        size = self._say("The table has {rows} and {columns}.").format(rows=rows, columns=columns)
        yield f"{size} {valid.replace('{share}', share)}"

    def findings(self) -> Iterator[str]:
        """Yield a line for each broken rule, up to MAX_FINDINGS."""
        broken = [validation for validation in self._report.validations if not validation.passed]
        if not broken:
            yield self._say("Nothing is wrong with it.")
        columns = {column.name: column for column in self._report.columns}
        for validation in broken[:MAX_FINDINGS]:
            column = columns.get(validation.column or "", Column(validation.column or ""))
            yield f"- {self._finding(validation, column)} {self._remedy(validation, column)}"
        if more := len(broken) - min(len(broken), MAX_FINDINGS):
            named = "{count} more rule was broken; the report names it."
            yield f"- {self._count(more, named, '{count} more rules were broken; the report names them.')}"

    def additions(self, columns: tuple[Column, ...]) -> Iterator[str]:
        """Yield a line with the rules that the suggested schema adds, if any."""
        given = {column.name: column for column in self._report.schema}
        added = []
        for column in columns:
            old = given.get(column.name, Column(""))
            if rules := [rule for rule in column.rules if rule not in old.rules]:
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
            problems = "; ".join(_short(sample.value) for sample in validation.samples[:MAX_LINES])
            more = "; …" if validation.count > MAX_LINES else ""
            told = self._count(
                validation.count,
                "The header has {count} problem ({problems}).",
                "The header has {count} problems ({problems}).",
            )
            return told.replace("{problems}", problems + more)
        return self._say(PROBLEMS[validation.rule]).format(
            rows=self._count(validation.count, "{count} row", "{count} rows"),
            lines=self._lines(validation),
            encoding=self._report.encoding,
            column=_short(column.name),
            type=column.type,
            least=column.min,
            most=column.max,
        )

    def _remedy(self, validation: Validation, column: Column) -> str:
        if validation.severity is Severity.WARNING:
            return self._say("Fill in the values, or say in the schema whether they are required.")
        if validation.rule == "type":
            remedy = self._say(FORMATS.get(column.type, "Correct the values."))
            return self._say("{remedy} Or ask for another type.").format(remedy=remedy)
        return self._say(REMEDIES[validation.rule])

    def _lines(self, validation: Validation) -> str:
        numbers = [str(sample.row) for sample in validation.samples[:MAX_LINES]]
        if not numbers:
            return ""
        text = ", at lines {lines}" if len(numbers) > 1 else ", at line {lines}"
        text = ", first at lines {lines}" if validation.count > len(numbers) else text
        return self._say(text).format(lines=", ".join(numbers))

    def _count(self, count: int, one: str, several: str) -> str:
        """Return one of two texts with the count in it."""
        return self._count_of(one, several, count).replace("{count}", _grouped(count, self._translations))


def _short(text: str) -> str:
    """Return the text on one line, cut to MAX_SHOWN."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
