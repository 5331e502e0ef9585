"""The schema of a file that came without one, found out cautiously: what may be a code stays a string."""

from dataclasses import dataclass, field, replace

from src.domain.tables import GRAMMAR, Column, ColumnType

INFERRED = {
    **GRAMMAR,
    # Longer ones are ids, and no double holds them; exponents are rather codes that look like numbers.
    ColumnType.INTEGER: r"-?(?:0|[1-9][0-9]{0,14})",
    ColumnType.NUMBER: r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,100})?",
}
"""What a value looks like to be taken for one of a type that nobody named."""
CODE = r"0[0-9]+|\+[0-9]+|[0-9]{16,}"
"""Digits that are no number: with leading zeros, a phone number, an id. One of them makes a column a string."""
CANDIDATES = (
    ColumnType.BOOLEAN,
    ColumnType.INTEGER,
    ColumnType.NUMBER,
    ColumnType.DATE,
    ColumnType.DATETIME,
    ColumnType.EMAIL,
)


@dataclass(slots=True)
class Evidence:
    """What was counted in a column: rows, cells with a value, codes, and values that look like a type."""

    rows: int = 0
    values: int = 0
    codes: int = 0
    of: dict[ColumnType, int] = field(default_factory=lambda: dict.fromkeys(CANDIDATES, 0))

    def add(self, look: str) -> None:
        """Count a value that looks like a type, or like a ``code``. Integers are numbers, too."""
        if look == "code":
            self.codes += 1
            return
        self.of[ColumnType(look)] += 1
        if look == ColumnType.INTEGER:
            self.of[ColumnType.NUMBER] += 1

    def column(self, name: str) -> Column:
        """A type that 99 % of the values have; required when 99 % of the cells have a value."""
        column = Column(name, required=self.rows > 0 and 99 * self.rows <= 100 * self.values)
        for type in CANDIDATES:
            numeric = type in {ColumnType.INTEGER, ColumnType.NUMBER}
            if self.values > 0 and 99 * self.values <= 100 * self.of[type] and not (numeric and self.codes):
                return replace(column, type=type)
        return column
