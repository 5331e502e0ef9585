"""The use case: asks an adviser who sees no values, believes what can be proved, and else goes by the rules."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from src.application.ports import RowStore
from src.application.summaries.rules import Summary, note, plain, summarise_by_rules
from src.application.summaries.schemas import RULES, all_columns, completed, suggested_columns
from src.application.summaries.statistics import MAX_TEXTS, Statistics
from src.domain.errors import Invalid, PorteroError
from src.domain.tables import Column, Report, Row, Validation, parse_schema, schema_json

_log = logging.getLogger("portero.summaries")

PAGE = 500
MAX_TOLD = 100
"""How many columns and findings an adviser is told about: small models read some thousand words."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What an adviser says: a text, and a schema as JSON. Neither is to be trusted."""

    text: str
    schema: object


class Adviser(Protocol):
    """Says in plain language what was found in a table, and proposes a schema."""

    def advise(self, facts: Mapping[str, Any]) -> Advice:
        """Advice on what was counted, as JSON; bounded in time and size. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Summarise:
    """Summaries of tables. Without an ``adviser``, or when it fails, they are made by rules.

    ``matcher`` makes of a pattern a function that is true for what matches whole. Without it the patterns that an
    adviser proposes cannot be tried, and are left out.
    """

    adviser: Adviser | None
    rows: RowStore
    pattern_flaw: Callable[[str], str | None]
    matcher: Callable[[str], Callable[[str], object]] | None = None

    def of(self, report: Report, set_id: str) -> Summary:
        """A summary of a table whose rows are in the set. Raises Unavailable when they cannot be read."""
        statistics = Statistics(report.columns)
        for page in self._pages(set_id, statistics.most):
            statistics.add(page)
        by_rules = summarise_by_rules(report, statistics)
        if self.adviser is None:
            return by_rules
        try:
            advice = self.adviser.advise(facts_of(report, statistics))
            if not plain(advice.text):
                raise ValueError("no text")
            schema = self._schema(advice, report, statistics, set_id)
        except PorteroError as error:
            _log.warning("A summary is made by rules: %s", error.detail)
            return by_rules
        except Exception as error:
            # What another's answer does to us; the message may quote it.
            _log.error("A summary is made by rules: %s", type(error).__name__)
            return by_rules
        return Summary("ai", plain(advice.text, note(report, statistics)), schema or by_rules.suggested_schema)

    def _schema(
        self, advice: Advice, report: Report, statistics: Statistics, set_id: str
    ) -> dict[str, dict[str, object]] | None:
        """Our schema, with the proposed rules that are proved to be right; None when it is no schema of the file."""
        asked = all_columns(report)
        try:
            if isinstance(advice.schema, dict) and len(advice.schema) > MAX_TOLD:
                raise Invalid
            proposed = {column.name: column for column in parse_schema(advice.schema, self.pattern_flaw)}
        except Invalid:
            _log.warning("The schema of an adviser is not valid.")
            return None
        if proposed.keys() - asked.keys():
            _log.warning("The schema of an adviser names columns that the file has not.")
            return None
        # An adviser's types cannot be proved, and its rules are meant for them.
        proposed = {name: column for name, column in proposed.items() if column.type is asked[name].type}
        if statistics.rows < report.rows:
            proposed = {}
        # Theirs before ours: a bound that means something is better than one that happens to be so.
        better = asked | {
            name: completed(asked[name], {rule: getattr(theirs, rule) for rule in RULES}, counted, report.rows)
            for name, theirs in proposed.items()
            if (counted := statistics.columns.get(name))
        }
        for name, pattern in self._unbroken(set_id, report, statistics, proposed).items():
            if better[name].pattern is None:
                better[name] = replace(better[name], pattern=pattern)
        columns = suggested_columns(replace(report, schema=tuple(better.values())), statistics)
        schema = schema_json(columns)
        try:
            parse_schema(schema, self.pattern_flaw)
        except Invalid:
            return None
        return schema

    def _unbroken(
        self, set_id: str, report: Report, statistics: Statistics, proposed: Mapping[str, Column]
    ) -> dict[str, str]:
        """By column, the proposed patterns that all values of valid rows match."""
        if self.matcher is None:
            return {}
        left = {
            position: (column.name, pattern, self.matcher(pattern))
            for position, column in enumerate(report.columns[:MAX_TOLD])
            if column.name in proposed
            and (pattern := proposed[column.name].pattern)
            and statistics.columns[column.name].valid.filled
        }
        for page in self._pages(set_id, report.valid_rows, valid=True) if left else ():
            for _, _, cells in page:
                for position, (_, _, matches) in [*left.items()]:
                    # Rows are kept without the empty cells at their end.
                    cell = cells[position] if position < len(cells) else ""
                    if cell and not matches(cell):
                        del left[position]
        return {name: pattern for name, pattern, _ in left.values()}

    def _pages(self, set_id: str, most: int, *, valid: bool | None = None) -> Iterator[Sequence[Row]]:
        """The first rows, so many at most."""
        after = 0
        while most > 0 and (page := self.rows.page(set_id, valid=valid, after=after, limit=min(PAGE, most))):
            yield page
            most -= len(page)
            after = page[-1][0]


def facts_of(report: Report, statistics: Statistics) -> dict[str, Any]:
    """What an adviser is told: names, types, rules and counts. No value, none of a rule either, no name of a file."""
    in_file = {column.name for column in report.columns}
    columns = [*all_columns(report).values()]
    told = [_column_facts(column, statistics, column.name in in_file) for column in columns[:MAX_TOLD]]
    broken = [validation for validation in report.validations if not validation.passed]
    return {
        "rows": report.rows,
        "valid_rows": report.valid_rows,
        "rows_looked_at": statistics.rows,
        "columns": told,
        "columns_not_listed": len(columns) - len(told),
        "rules_broken": [
            {"rule": each.rule, "column": each.column, "count": each.count, "share": _broken_share(each, report)}
            for each in broken[:MAX_TOLD]
        ],
        "rules_broken_not_listed": max(0, len(broken) - MAX_TOLD),
    }


def _column_facts(column: Column, statistics: Statistics, in_file: bool) -> dict[str, Any]:
    bare = Column("")
    rules = [rule for rule in RULES if getattr(column, rule) != getattr(bare, rule)]
    facts = {"name": column.name, "type": str(column.type), "rules": rules, "in_file": in_file}
    if counted := statistics.columns.get(column.name):
        facts |= {
            "filled_share": _share(counted.filled, statistics.rows),
            "distinct": f"more than {MAX_TEXTS}" if counted.distinct is None else counted.distinct,
            "all_differ": counted.all_differ,
            "longest": counted.longest,
        }
    return facts


def _broken_share(validation: Validation, report: Report) -> float | None:
    # What is wrong with the header is counted by name, all else by row.
    return None if validation.rule == "header" else _share(validation.count, report.rows)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
