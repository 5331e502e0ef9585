"""The rules that apply to a file, and the rows that break them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from src.domain.csv import Column, NotCsv, Report, Sample, Severity, Validation
from src.domain.messages import Translatable
from src.infrastructure.csv.reading.encodings import displayed
from src.infrastructure.csv.reading.source import Source

SAMPLES = 10
MAX_VALUE = 200
"""The length in characters at which the value of a sample is cut."""
MAX_HASHES = 10_000_000
"""The maximum number of hashes in memory, 8 bytes each: one for each row and one for each unique value."""

Rule = tuple[str, int | None]
"""The name of a rule and the position of its column; None for a rule of the whole row or file."""


def unique_names(header: Sequence[str]) -> tuple[list[str], dict[int, str]]:
    """Return a unique name for each column and, by position, what is wrong with the name in the file.

    A name is wrong when it is empty or when an earlier column has it.
    """
    taken = {name for name in header if name}
    names: list[str] = []
    problems: dict[int, str] = {}
    last_number: dict[str, int] = {}
    for position, name in enumerate(header, 1):
        if name and name not in last_number:
            last_number[name] = 1
            names.append(name)
            continue
        stem, number = (name, last_number[name] + 1) if name else ("column", position)
        while f"{stem}_{number}" in taken:
            number += 1
        unused = f"{stem}_{number}"
        taken.add(unused)
        if name:
            last_number[name] = number
        problems[len(names)] = f"duplicate: {name}" if name else f"empty: column {position}"
        names.append(unused)
    return names, problems


@dataclass(slots=True)
class RuleResult:
    """The number of times that a rule is broken, with the first rows that break it."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def missing_samples(self) -> int:
        """The number of samples that can still be added."""
        return SAMPLES - len(self.samples)

    def add_sample(self, line: int, value: str) -> None:
        """Add a sample unless there are enough."""
        if self.missing_samples:
            text = displayed(value[: MAX_VALUE + 1])
            self.samples.append(Sample(line, f"{text[:MAX_VALUE]}…" if len(text) > MAX_VALUE else text))


@dataclass(frozen=True, slots=True)
class Results:
    """The result of each rule that applies to a file, in the order of the report."""

    source: Source
    schema: tuple[Column, ...]
    columns: tuple[Column, ...]
    by_rule: dict[Rule, RuleResult]

    @classmethod
    def of(cls, source: Source, schema: Sequence[Column], inferred: Sequence[Column] = ()) -> "Results":
        """Return the results for the header; rows are added later. Without a schema the columns are ``inferred``."""
        names, misnamed = unique_names(source.header)
        expected = {column.name: column for column in schema or inferred}
        columns = tuple(expected.get(name, Column(name)) for name in names)
        problems = [*misnamed.values()]
        if schema:
            present = {*names}
            problems += [f"missing: {name}" for name in expected if name not in present]
            problems += [
                f"extra: {name}" for at, name in enumerate(names) if name not in expected and at not in misnamed
            ]
        rules: list[Rule] = [("header", None), ("row_width", None), ("encoding", None), ("duplicate_row", None)]
        for position, column in enumerate(columns):
            rules += [("not_empty", position)] if column.required is not False else []
            rules += [(rule, position) for rule in ("type", *column.rules) if rule != "required"]
        results = cls(source, tuple(schema or columns), columns, {rule: RuleResult() for rule in rules})
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
    def unique(self) -> list[int]:
        """The positions of the columns whose values must be unique."""
        return [position for position, column in enumerate(self.columns) if column.unique]

    def severity(self, rule: str, position: int | None) -> Severity:
        """Return the severity of a rule of the column at ``position``, or of a rule of the whole row (None)."""
        is_warning = rule == "not_empty" and position is not None and self.columns[position].required is None
        return Severity.WARNING if is_warning else Severity.ERROR

    def require_comparable(self, rows: int) -> None:
        """Raise NotCsv when the file has too many rows to find the duplicates among them."""
        if rows * (1 + len(self.unique)) > MAX_HASHES:
            most = MAX_HASHES // (1 + len(self.unique))
            message = "The file has more than {most} rows, the most with {unique} unique columns."
            raise NotCsv("too_many_rows", Translatable(message, most=most, unique=len(self.unique)))

    def report(self, rows: int, valid_rows: int) -> Report:
        """Return the report of a file with this number of rows and valid rows."""
        return Report(
            delimiter=self.source.delimiter,
            encoding=self.source.encoding,
            rows=rows,
            valid_rows=valid_rows,
            columns=self.columns,
            schema=self.schema,
            validations=tuple(
                Validation(
                    rule,
                    None if at is None else self.columns[at].name,
                    result.count,
                    tuple(result.samples),
                    self.severity(rule, at),
                )
                for (rule, at), result in self.by_rule.items()
            ),
        )
