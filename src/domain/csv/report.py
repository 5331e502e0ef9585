"""The report of a check."""

from dataclasses import dataclass
from enum import StrEnum

from src.domain.csv.columns import Column


class Severity(StrEnum):
    """The weight of a broken rule: an error makes the row invalid, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Sample:
    """A row that breaks a rule: the number of its first line, and the offending value, shortened if it is long."""

    row: int
    value: str


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of one rule for a column, or for whole rows if the column is None.

    It has the number of violations and samples of the first ten.
    """

    rule: str
    column: str | None
    count: int
    samples: tuple[Sample, ...]
    severity: Severity = Severity.ERROR

    @property
    def passed(self) -> bool:
        """Whether there are no violations."""
        return self.count == 0


@dataclass(frozen=True, slots=True)
class Note:
    """A remark about how the file was read. It is not an error.

    ``kind`` is ``separator``, ``title``, ``note``, ``matched``, ``unknown``, ``ambiguous``, or ``mostly`` and a type.
    ``line`` is the line of the file, if there is one, and ``value`` a text of the file or the name of a column.
    """

    kind: str
    line: int | None
    value: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check. ``columns`` are the columns of the file.

    ``schema`` is the schema that the client has given, or else the inferred schema.
    """

    delimiter: str
    encoding: str
    rows: int
    valid_rows: int
    columns: tuple[Column, ...]
    schema: tuple[Column, ...]
    validations: tuple[Validation, ...]
    notes: tuple[Note, ...] = ()
