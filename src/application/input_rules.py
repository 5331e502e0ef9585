"""The rules that values entered by users must follow."""

from collections.abc import Callable
from dataclasses import dataclass

from src.application.ports import EmailParser, UsernameParser
from src.domain.passwords import PasswordPolicy
from src.domain.users import Claim
from src.domain.values import Username


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRules:
    """The parsers and checks that depend on adapters or settings. Each raises InvalidValue."""

    parse_email: EmailParser
    parse_new_username: UsernameParser
    passwords: PasswordPolicy
    check_picture: Callable[[str], str]
    """A function that returns the URL of a picture unchanged if it is an https URL with an allowed host."""

    def parse_login(self, login: str) -> Claim:
        """Return the claim on the e-mail address or the username with which a user logs in."""
        if "@" in login:
            return Claim("email", self.parse_email(login).key)
        return Claim("username", Username.parse(login).key)
