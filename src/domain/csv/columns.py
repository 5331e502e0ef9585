"""A column of a CSV file, its rules, and how its values are written."""

from dataclasses import dataclass
from typing import Any, Final

from src.domain.csv.types import ColumnType

FORM: Final = ("format", "decimal", "thousands", "true", "false")
"""The fields of a column that say how its values are written."""
SUSPICIONS: Final = (
    *("blanks", "error_value", "mojibake", "scientific", "mixed_format", "mostly_type", "spelling", "out_of_range"),
    *("repeated_id", "near_duplicate_row", "summary_row", "empty_row"),
)
"""The rules that no schema asks for. What breaks them is probably wrong, and leaves a row valid."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its rules.

    An empty cell breaks ``required`` and no other rule. ``enum`` and ``unique`` compare values as they are written.
    """

    name: str
    type: ColumnType = ColumnType.STRING
    required: bool | None = None
    """Whether empty cells are errors (True), are of no interest (False), or are warnings (None, the default)."""
    unique: bool = False
    min: int | float | str | None = None
    max: int | float | str | None = None
    pattern: str | None = None
    """A regular expression in RE2 syntax that matches the whole value."""
    enum: tuple[str, ...] | None = None
    format: str | None = None
    """The order and the separators of dates, such as ``dd/mm/yyyy``."""
    decimal: str | None = None
    """The decimal separator of numbers."""
    thousands: str | None = None
    """The separator that groups the digits of numbers. It may be left out in a value."""
    true: str | None = None
    false: str | None = None
    """The words of a boolean column. Case and accents do not matter."""
    allow: tuple[str, ...] | None = None
    """The suspicions that are not looked for."""

    @property
    def rules(self) -> dict[str, Any]:
        """The rules that values can break, by name, without the type."""
        return self._given("required", "unique", "min", "max", "pattern", "enum")

    @property
    def form(self) -> dict[str, Any]:
        """The known properties of the way in which values are written, and the suspicions that the schema allows."""
        return self._given(*FORM, "allow")

    def _given(self, *names: str) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None and value is not False}
