"""The errors for a file that cannot be read as CSV, and for a delimiter or an encoding that cannot be used."""

from typing import ClassVar, Literal

from src.domain.errors import FieldError, PorteroError


class NotCsv(PorteroError):
    """The file cannot be read as CSV. ``reason`` is the stable code of its field error, ``detail`` says what to do."""

    code: ClassVar[str] = "not-csv"

    def __init__(self, reason: str, detail: str) -> None:
        self.field = FieldError("file", reason, detail)
        super().__init__(detail)


class InvalidOption(PorteroError):
    """The delimiter or the encoding that was asked for cannot be used. ``detail`` says what to give instead."""

    code: ClassVar[str] = "invalid-option"

    def __init__(self, option: Literal["delimiter", "encoding"], detail: str) -> None:
        self.option = option
        self.field = FieldError(option, option, detail)
        super().__init__(detail)
