"""The rules that apply to a file, and the rows that break them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from src.domain.csv import SUSPICIONS, Column, NotCsv, Note, Report, Sample, Schema, Severity, Validation
from src.domain.messages import Translatable
from src.infrastructure.csv.checking.facts import Facts
from src.infrastructure.csv.reading.encodings import displayed
from src.infrastructure.csv.reading.source import Source

SAMPLES = 10
MAX_VALUE = 200
"""The length in characters at which the value of a sample is cut."""
MAX_HASHES = 10_000_000
"""The maximum number of hashes in memory, 8 bytes each: one for each row and one for each unique value."""

WIDE = 300
"""With more columns than these the report has only the suspicions that were confirmed, so that it stays small."""
_ROW_RULES = ("header", "row_width", "encoding", "duplicate_row", "near_duplicate_row", "summary_row", "empty_row")
MOST = {"not_empty": 0.1, "repeated_id": 0.2, "summary_row": 0.5, "error_value": 0.3, "blanks": 0.5}
"""By rule, the share of the rows that may break a suspicion. If more do, that is how the file is meant."""

Rule = tuple[str, int | None]
"""The name of a rule and the position of its column; None for a rule of the whole row or file."""


@dataclass(slots=True)
class RuleResult:
    """The number of times that a rule is broken, with the first rows that break it."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def missing_samples(self) -> int:
        """The number of samples that can still be added."""
        return SAMPLES - len(self.samples)

    def clear(self) -> None:
        """Set the count to zero, and remove the samples."""
        self.count = 0
        self.samples.clear()

    def add_sample(self, line: int, value: str) -> None:
        """Add a sample, unless the result has the maximum number of samples."""
        if self.missing_samples:
            text = displayed(value[: MAX_VALUE + 1])
            self.samples.append(Sample(line, f"{text[:MAX_VALUE]}…" if len(text) > MAX_VALUE else text))


@dataclass(frozen=True, slots=True)
class Results:
    """The result of each rule that applies to a file, in the order of the report."""

    source: Source
    schema: Schema
    facts: Sequence[Facts]
    columns: tuple[Column, ...]
    by_rule: dict[Rule, RuleResult]
    optional: set[int] = field(default_factory=set)
    """The positions of the inferred columns that are empty in so many rows that it seems to be meant."""

    @classmethod
    def of(cls, source: Source, schema: Schema, facts: Sequence[Facts]) -> "Results":
        """Return the results for the header; rows are added later."""
        allowed = {rule for each in facts for rule in each.column.allow or ()}
        rules: list[Rule] = [(rule, None) for rule in _ROW_RULES if rule not in allowed]
        for position, each in enumerate(facts):
            column = each.column
            rules += [("not_empty", position)] if column.required is not False else []
            rules += [(rule, position) for rule in ("type", *column.rules) if rule != "required"]
            rules += [(rule, position) for rule in each.rules]
        columns = tuple(each.column for each in facts)
        results = cls(source, schema, facts, columns, {rule: RuleResult() for rule in rules})
        problems = [*source.misnamed.values()]
        if schema.columns:
            present = {*source.names}
            problems += [f"missing: {column.name}" for column in schema.columns if column.name not in present]
        if schema.closed:
            problems += [f"extra: {name}" for name in results.unknown]
        header = results.by_rule["header", None]
        header.count = len(problems)
        for problem in problems:
            header.add_sample(source.header_line, problem)
        if source.undecodable_name is not None:
            encoding = results.by_rule["encoding", None]
            encoding.count = 1
            encoding.add_sample(source.header_line, source.undecodable_name)
        return results

    @property
    def unknown(self) -> list[str]:
        """The names of the columns that the schema does not have, if the schema has any columns."""
        if not self.schema.columns:
            return []
        source = self.source
        return [name for at, name in enumerate(source.names) if at not in source.expected and at not in source.misnamed]

    @property
    def keys(self) -> list[int]:
        """The positions of the columns that seem to be keys."""
        return [position for position, each in enumerate(self.facts) if "repeated_id" in each.rules]

    @property
    def unique(self) -> list[int]:
        """The positions of the columns whose values must be unique."""
        return [position for position, column in enumerate(self.columns) if column.unique]

    def severity(self, rule: str, position: int | None) -> Severity:
        """Return the severity of a rule of the column at ``position``, or of a rule of the whole row (None)."""
        is_unsaid = rule == "not_empty" and position is not None and self.columns[position].required is None
        return Severity.WARNING if is_unsaid or rule in SUSPICIONS else Severity.ERROR

    def drop_habits(self, rows: int) -> None:
        """Clear the results of suspicions that too many rows confirm: the file seems to be written so on purpose."""
        for (rule, position), result in self.by_rule.items():
            is_unsaid = rule != "not_empty" or (position is not None and self.facts[position].is_inferred)
            most = max(1.0 if rule != "blanks" else 3.0, MOST.get(rule, 1.0) * rows)
            if rule in MOST and is_unsaid and result.count > most:
                result.clear()
                if rule == "not_empty" and position is not None:
                    self.optional.add(position)

    def require_comparable(self, rows: int) -> None:
        """Raise NotCsv when the file has too many rows to find the duplicates among them."""
        if rows * (1 + len(self.unique)) > MAX_HASHES:
            most = MAX_HASHES // (1 + len(self.unique))
            message = "The file has more than {most} rows, the most with {unique} unique columns."
            raise NotCsv("too_many_rows", Translatable(message, most=most, unique=len(self.unique)))

    def report(self, rows: int, valid_rows: int) -> Report:
        """Return the report of a file with this number of rows and valid rows."""
        columns = tuple(
            replace(column, required=False) if at in self.optional else column for at, column in enumerate(self.columns)
        )
        notes = [*self.source.notes]
        if not self.schema.closed:
            notes += [Note("unknown", None, name) for name in self.unknown]
        notes += [
            Note(f"mostly {each.suspected.type}", None, each.column.name) for each in self.facts if each.suspected
        ]
        notes += [Note("ambiguous", None, each.column.name) for each in self.facts if each.is_ambiguous]
        return Report(
            delimiter=self.source.delimiter,
            encoding=self.source.encoding,
            rows=rows,
            valid_rows=valid_rows,
            columns=columns,
            schema=self.schema.columns or columns,
            validations=tuple(
                Validation(
                    rule,
                    None if at is None else self.columns[at].name,
                    result.count,
                    tuple(result.samples),
                    self.severity(rule, at),
                )
                for (rule, at), result in self.by_rule.items()
                if result.count or rule not in SUSPICIONS or len(self.columns) <= WIDE
                if not (rule == "not_empty" and at in self.optional)
            ),
            notes=tuple(notes),
        )
