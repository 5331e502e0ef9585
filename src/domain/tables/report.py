"""What was found when a table was looked at."""

from dataclasses import dataclass

from src.domain.tables.schema import Column


@dataclass(frozen=True, slots=True)
class Sample:
    """Where a finding is: the line where its row begins, and the value, cut to size."""

    row: int
    value: str


@dataclass(frozen=True, slots=True)
class Validation:
    """One rule that was applied, to one column or to all, and how often it was broken. Ten samples at most."""

    rule: str
    column: str | None
    count: int
    samples: tuple[Sample, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing broke it."""
        return self.count == 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a file holds. ``columns`` are the file's, ``schema`` those asked for: the same when it was inferred."""

    delimiter: str
    encoding: str
    rows: int
    valid_rows: int
    columns: tuple[Column, ...]
    schema: tuple[Column, ...]
    validations: tuple[Validation, ...]
