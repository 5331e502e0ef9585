"""The properties that the list of users can be filtered by."""

from enum import StrEnum


class Standing(StrEnum):
    """A property of accounts that the list of users can be filtered by, instead of a role."""

    ACTIVE = "active"
    DISABLED = "disabled"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    WITH_FACTOR = "second-factor"
    WITHOUT_FACTOR = "no-second-factor"

    @property
    def condition(self) -> tuple[str, bool]:
        """The name of an attribute of User, and the value that it has for users with this standing."""
        return _CONDITIONS[self]


_CONDITIONS = {
    Standing.ACTIVE: ("disabled", False),
    Standing.DISABLED: ("disabled", True),
    Standing.VERIFIED: ("email_verified", True),
    Standing.UNVERIFIED: ("email_verified", False),
    Standing.WITH_FACTOR: ("has_factors", True),
    Standing.WITHOUT_FACTOR: ("has_factors", False),
}
