"""Names the field of a request, or the option of a command, that an error about a CSV file belongs to."""

from src.domain.errors import FieldError, Invalid, PorteroError
from src.domain.tables import InvalidOption, NotCsv


def with_field(error: PorteroError) -> PorteroError:
    """Return an error about a CSV file as Invalid with its field, and any other error unchanged."""
    match error:
        case NotCsv():
            return Invalid(FieldError("file", error.reason, error.detail))
        case InvalidOption():
            return Invalid(FieldError(error.option, error.option, error.detail))
    return error
