"""E-mail addresses, by the library email-validator (RFC 5321, 5322, 6531)."""

from email_validator import EmailNotValidError, validate_email

from src.domain.values import Email, InvalidValue


def parse_address(text: str) -> Email:
    """Validate and normalise an address, without asking the network. Raises InvalidValue.

    The domain ``.test`` is accepted, for tests (RFC 2606); other reserved ones are not.
    """
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidValue("email", str(error)) from None
    return Email(checked.normalized)
