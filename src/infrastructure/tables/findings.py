"""What both engines say in the same words: the columns of a file, the rules to apply, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from src.domain.tables import Column, Report, Sample, Validation
from src.infrastructure.tables.encodings import refused, shown
from src.infrastructure.tables.source import Source

SAMPLES = 10
MAX_VALUE = 200
"""How many characters of a value a sample shows."""
MAX_HASHES = 10_000_000
"""How many hashes of rows and unique values are kept at once, of 8 bytes each."""
BATCH = 5_000
"""How many rows are stored at a time."""

Rule = tuple[str, int | None]
"""A rule and the position of its column, or None for rules of the whole row or file."""


def usable_names(header: Sequence[str]) -> tuple[list[str], dict[int, str]]:
    """A name of its own for each column, and by position what was wrong with those given: empty, or given before."""
    taken = {name for name in header if name}
    names: list[str] = []
    wrong: dict[int, str] = {}
    last: dict[str, int] = {}
    for position, name in enumerate(header, 1):
        if name and name not in last:
            last[name] = 1
            names.append(name)
            continue
        stem, number = (name, last[name] + 1) if name else ("column", position)
        while f"{stem}_{number}" in taken:
            number += 1
        unused = f"{stem}_{number}"
        taken.add(unused)
        if name:
            last[name] = number
        wrong[len(names)] = f"duplicate: {name}" if name else f"empty: column {position}"
        names.append(unused)
    return names, wrong


@dataclass(slots=True)
class Found:
    """How often a rule was broken, and where it was first."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether no more samples are wanted."""
        return len(self.samples) >= SAMPLES

    def sample(self, line: int, value: str) -> None:
        """Keep a sample, if there is room."""
        if not self.full:
            # What could not be decoded cannot be sent either.
            text = shown(value[: MAX_VALUE + 1])
            cut = f"{text[:MAX_VALUE]}…" if len(text) > MAX_VALUE else text
            self.samples.append(Sample(line, cut))


@dataclass(frozen=True, slots=True)
class Findings:
    """The rules that are applied to a file, in the order in which they are told, and what broke them."""

    source: Source
    schema: tuple[Column, ...]
    columns: tuple[Column, ...]
    found: dict[Rule, Found]

    @classmethod
    def of(cls, source: Source, schema: Sequence[Column], inferred: Sequence[Column] = ()) -> "Findings":
        """No findings yet but those about the header. Without a schema the columns are those inferred."""
        names, misnamed = usable_names(source.header)
        wanted = {column.name: column for column in schema or inferred}
        columns = tuple(wanted.get(name, Column(name)) for name in names)
        wrong = [*misnamed.values()]
        if schema:
            present = {*names}
            wrong += [f"missing: {name}" for name in wanted if name not in present]
            wrong += [f"extra: {name}" for at, name in enumerate(names) if name not in wanted and at not in misnamed]
        rules: list[Rule] = [("header", None), ("row_width", None), ("encoding", None), ("duplicate_row", None)]
        for position, column in enumerate(columns):
            applied = {
                "not_empty": column.required,
                "type": True,
                "unique": column.unique,
                "min": column.min is not None,
                "max": column.max is not None,
                "pattern": column.pattern is not None,
                "enum": column.enum is not None,
            }
            rules += [(rule, position) for rule, applies in applied.items() if applies]
        findings = cls(source, tuple(schema or columns), columns, {rule: Found() for rule in rules})
        header = findings.found["header", None]
        header.count = len(wrong)
        for problem in wrong:
            header.sample(source.header_line, problem)
        if source.undecoded is not None:
            encoding = findings.found["encoding", None]
            encoding.count = 1
            encoding.sample(source.header_line, source.undecoded)
        return findings

    @property
    def unique(self) -> list[int]:
        """The positions of the columns whose values must differ."""
        return [position for position, column in enumerate(self.columns) if column.unique]

    def bound(self, rows: int) -> None:
        """Raise Invalid if there are too many rows to tell the duplicates among them."""
        if rows * (1 + len(self.unique)) > MAX_HASHES:
            most = MAX_HASHES // (1 + len(self.unique))
            message = f"The file has more than {most} rows, the most with {len(self.unique)} unique columns."
            raise refused("too_many_rows", message)

    def row_text(self, cells: Sequence[str]) -> str:
        """A row as a sample's value."""
        return self.source.delimiter.join(cells)

    def report(self, rows: int, valid_rows: int) -> Report:
        """All of it."""
        return Report(
            delimiter=self.source.delimiter,
            encoding=self.source.encoding,
            rows=rows,
            valid_rows=valid_rows,
            columns=self.columns,
            schema=self.schema,
            validations=tuple(
                Validation(rule, None if at is None else self.columns[at].name, found.count, tuple(found.samples))
                for (rule, at), found in self.found.items()
            ),
        )
