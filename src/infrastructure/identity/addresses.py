"""Parses e-mail addresses with the library email-validator (RFC 5321, 5322 and 6531)."""

from src.domain.messages import Translatable
from src.domain.values import Email, InvalidValue, fold

_MAX_LENGTH = 254
"""The maximum length of an address (RFC 5321 section 4.5.3.1.3; see erratum 1690 of RFC 3696)."""

_NO_PERIOD = "The part after the @-sign should have a period."
_KEPT = {
    "An email address must have an @-sign.",
    "There must be something before the @-sign.",
    "There must be something after the @-sign.",
    "An email address cannot have two periods in a row.",
    "Quoting the part before the @-sign is not allowed here.",
    "A bracketed IP address after the @-sign is not allowed here.",
    "A display name and angle brackets around the email address are not permitted here.",
    "The part after the @-sign is a special-use or reserved name that cannot be used with email.",
}
"""The messages of the library that are shown. Most others quote the address."""


def parse_address(text: str) -> Email:
    """Validate and normalise an address without a network request. Raise InvalidValue. Implements EmailParser.

    Of the reserved domains (RFC 2606), only ``.test`` is accepted.
    """
    from email_validator import EmailNotValidError, validate_email  # slow to load

    if len(text) > _MAX_LENGTH:
        raise InvalidValue("email", Translatable("Use at most {n} characters.", n=_MAX_LENGTH))
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise InvalidValue("email", _message(str(error))) from None
    if "=?" in checked.normalized:  # an encoded word (RFC 2047), which mail programs decode to another address
        raise InvalidValue("encoded_word", "An e-mail address cannot contain =? here.")
    if "." not in checked.domain:
        raise InvalidValue("email", _NO_PERIOD)
    if len(fold(checked.normalized)) > _MAX_LENGTH:  # one ligature can stand for 18 letters, and stores index them all
        raise InvalidValue("email", "Use fewer characters that stand for several letters.")
    return Email(checked.normalized)


def _message(said: str) -> str:
    """Return the message of this service for an error of the library."""
    if said in _KEPT:
        return said
    if said.endswith("It should have a period."):
        return _NO_PERIOD
    if "after the @-sign" in said:
        return "The part after the @-sign is not valid."
    return "The part before the @-sign is not valid." if "before the @-sign" in said else "The address is not valid."
