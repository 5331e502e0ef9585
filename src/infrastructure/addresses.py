"""Parses e-mail addresses with the library email-validator (RFC 5321, 5322 and 6531)."""

from src.domain.values import Email, InvalidValue

_MAX_LENGTH = 254
"""The maximum length of an address (RFC 5321 section 4.5.3.1.3; see erratum 1690 of RFC 3696)."""


def parse_address(text: str) -> Email:
    """Validate and normalise an address without a network request. Raise InvalidValue. Implements EmailParser.

    Of the reserved domains (RFC 2606), only ``.test`` is accepted.
    """
    from email_validator import EmailNotValidError, validate_email  # slow to load

    if len(text) > _MAX_LENGTH:
        raise InvalidValue("email", f"Use at most {_MAX_LENGTH} characters.")
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise InvalidValue("email", str(error)) from None
    if "=?" in checked.normalized:  # an encoded word (RFC 2047), which mail programs decode to another address
        raise InvalidValue("encoded_word", "An e-mail address cannot contain =? here.")
    if "." not in checked.domain:
        raise InvalidValue("email", "The part after the @-sign should have a period.")
    return Email(checked.normalized)
