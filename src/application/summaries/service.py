"""Summarises a report with an adviser, such as a language model, or by rules.

The adviser sees no values, and a rule that it proposes is used only if no row breaks the rule.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from gettext import NullTranslations
from typing import Any, Protocol

from src.application.ports import RowStore
from src.application.summaries.profiles import Profile
from src.application.summaries.rows import first_rows
from src.application.summaries.rules import ENGLISH, Summary, coverage_note, plain_text, summarise_by_rules
from src.application.summaries.schemas import add_rules, all_columns, suggested_columns
from src.application.summaries.statistics import MAX_TEXTS, Statistics
from src.domain.csv import Column, Report, Validation, parse_schema, schema_json
from src.domain.errors import Invalid, PorteroError

_log = logging.getLogger("portero.summaries")

MAX_FACTS = 100
"""The maximum number of columns, and of broken rules, in the facts: small models read only some thousand words."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer of an adviser: a text, and a schema decoded from JSON. Neither is trusted."""

    text: str
    schema: object


class Adviser(Protocol):
    """Describes the report of a table in plain language, and proposes a schema."""

    def advise(self, facts: Mapping[str, Any], language: str = "en") -> Advice:
        """Return advice on ``facts``, which can be encoded as JSON. The call is bounded in time, the advice in size.

        ``language`` is the tag of the language of the text, such as "en". Raises Unavailable.
        """


@dataclass(frozen=True, slots=True)
class Summariser:
    """Summarises CSV files. Without an ``adviser``, or when it fails, the summary is made by rules.

    ``matcher`` takes a pattern and returns a function that is true for a text that matches as a whole.
    """

    adviser: Adviser | None
    rows: RowStore
    pattern_flaws: Callable[[Iterable[str]], Mapping[str, str]]
    matcher: Callable[[str], Callable[[str], object]]

    def summarise(self, report: Report, set_id: str, translations: NullTranslations = ENGLISH) -> Summary:
        """Return a summary of a report and its rows, in the language of ``translations``.

        Raises Unavailable when the rows cannot be read.
        """
        statistics = Statistics(report.columns)
        for page in first_rows(self.rows, set_id, statistics.most):
            statistics.add(page)
        by_rules = summarise_by_rules(report, statistics, translations)
        if self.adviser is None:
            return by_rules
        try:
            language = translations.info().get("language", "en")
            advice = self.adviser.advise(facts_of(report, statistics), language)
            if not plain_text(advice.text):
                raise ValueError("no text")
            schema = self._schema(advice, report, statistics, set_id)
        except PorteroError as error:
            _log.warning("A summary is made by rules: %s", error.detail)
            return by_rules
        except Exception as error:
            # The message is not logged, because it may quote the answer of the adviser.
            _log.error("A summary is made by rules: %s", type(error).__name__)
            return by_rules
        text = plain_text(advice.text, coverage_note(report, statistics, translations))
        return Summary("ai", text, schema or by_rules.suggested_schema)

    def overview(
        self, report: Report, set_id: str, translations: NullTranslations = ENGLISH
    ) -> tuple[Summary, Profile]:
        """Return a summary that is made by rules, and a profile, both of the first rows only.

        Both are made in a moment, however long the file is. Raises Unavailable when the rows cannot be read.
        """
        profile = Profile(report)
        statistics = Statistics(report.columns, profile.most)
        for page in first_rows(self.rows, set_id, profile.most):
            statistics.add(page)
            profile.add(page)
        return summarise_by_rules(report, statistics, translations), profile

    def _schema(
        self, advice: Advice, report: Report, statistics: Statistics, set_id: str
    ) -> dict[str, dict[str, object]] | None:
        """Return the suggested schema with the proposed rules that no row breaks.

        None when the proposed schema is not valid or names other columns.
        """
        columns = all_columns(report)
        try:
            if isinstance(advice.schema, dict) and len(advice.schema) > MAX_FACTS:
                raise Invalid
            proposed = {column.name: column for column in parse_schema(advice.schema, self.pattern_flaws).columns}
        except Invalid:
            _log.warning("The schema of an adviser is not valid.")
            return None
        if proposed.keys() - columns.keys():
            _log.warning("The schema of an adviser names columns that the file does not have.")
            return None
        # Rules are meant for the proposed type, and whether another type is right cannot be proved.
        proposed = {name: column for name, column in proposed.items() if column.type is columns[name].type}
        if statistics.rows < report.rows:
            proposed = {}
        # Proposed rules precede our own: a bound with a meaning is better than the least value that occurs.
        improved = columns | {
            name: add_rules(columns[name], column.rules, counted, report.rows)
            for name, column in proposed.items()
            if (counted := statistics.columns.get(name))
        }
        for name, pattern in self._unbroken(set_id, report, statistics, proposed).items():
            if improved[name].pattern is None:
                improved[name] = replace(improved[name], pattern=pattern)
        schema = schema_json(suggested_columns(replace(report, schema=tuple(improved.values())), statistics))
        try:
            parse_schema(schema, self.pattern_flaws)
        except Invalid:
            return None
        return schema

    def _unbroken(
        self, set_id: str, report: Report, statistics: Statistics, proposed: Mapping[str, Column]
    ) -> dict[str, str]:
        """Return by column the proposed patterns that all values match."""
        left = {
            position: (column.name, pattern, self.matcher(pattern))
            for position, column in enumerate(report.columns[:MAX_FACTS])
            if column.name in proposed
            and (pattern := proposed[column.name].pattern)
            and statistics.columns[column.name].valid.filled
        }
        for page in first_rows(self.rows, set_id, report.rows) if left else ():
            for cells in (row.values for row in page):
                for position, (_, _, matches) in [*left.items()]:
                    # Rows are stored without the empty cells at their end.
                    cell = cells[position] if position < len(cells) else ""
                    if cell and not matches(cell):
                        del left[position]
        return {name: pattern for name, pattern, _ in left.values()}


def facts_of(report: Report, statistics: Statistics) -> dict[str, Any]:
    """Return the facts for an adviser: the names of columns, types and rules, and counts.

    The facts contain no value of a cell or of a rule, and not the name of the file.
    """
    in_file = {column.name for column in report.columns}
    columns = [*all_columns(report).values()]
    listed = [_column_facts(column, statistics, column.name in in_file) for column in columns[:MAX_FACTS]]
    broken = [validation for validation in report.validations if not validation.passed]
    return {
        "rows": report.rows,
        "valid_rows": report.valid_rows,
        "rows_looked_at": statistics.rows,
        "columns": listed,
        "columns_not_listed": len(columns) - len(listed),
        "rules_broken": [
            {
                "rule": each.rule,
                "column": each.column,
                "severity": str(each.severity),
                "count": each.count,
                "share": _broken_share(each, report),
            }
            for each in broken[:MAX_FACTS]
        ],
        "rules_broken_not_listed": max(0, len(broken) - MAX_FACTS),
    }


def _column_facts(column: Column, statistics: Statistics, in_file: bool) -> dict[str, Any]:
    facts = {"name": column.name, "type": str(column.type), "rules": [*column.rules], "in_file": in_file}
    if counted := statistics.columns.get(column.name):
        facts |= {
            "filled_share": _share(counted.filled, statistics.rows),
            "distinct": f"more than {MAX_TEXTS}" if counted.distinct is None else counted.distinct,
            "all_differ": counted.all_differ,
            "longest": counted.longest,
        }
    return facts


def _broken_share(validation: Validation, report: Report) -> float | None:
    # Problems of the header are counted by name, all others by row.
    return None if validation.rule == "header" else _share(validation.count, report.rows)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
