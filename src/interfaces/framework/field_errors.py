"""Names the field of a request, or the option of a command, that has caused an error of the domain."""

from src.domain.csv import InvalidOption, NotCsv
from src.domain.errors import (
    AnswerTooLong,
    FieldError,
    Invalid,
    InvalidCursor,
    InvalidInvitation,
    KeyReused,
    PorteroError,
    UnknownOwner,
)


def with_field(error: PorteroError) -> PorteroError:
    """Turn an error that one field has caused into Invalid, which names the field. Return any other error unchanged."""
    match error:
        case NotCsv() | InvalidOption():
            field = error.field
        case InvalidCursor():
            field = FieldError("cursor", "invalid", "Use the cursor of the Link header as it is, or leave it out.")
        case UnknownOwner():
            field = FieldError("id_user", "unknown", "There is no such user; GET /user says your own id.")
        case InvalidInvitation():
            message = "The invitation is wrong, was used or withdrawn, or has expired; ask for a new one."
            field = FieldError("invitation", "invalid", message)
        case KeyReused():
            field = FieldError("Idempotency-Key", "reused", "It was used for another request; use a new one.")
        case AnswerTooLong():
            message = "The answer is too long to be kept; send the request without this header."
            field = FieldError("Idempotency-Key", "too_long", message)
        case _:
            return error
    return Invalid(field)
