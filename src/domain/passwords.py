"""The policy for new passwords, and the form in which passwords are compared."""

import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from src.domain.messages import Translatable
from src.domain.values import InvalidValue, fold

FindWeakness = Callable[[str, Sequence[str]], InvalidValue | None]
"""A function of a password and the user's own names. It returns why the password is easy to guess, or None."""

MAX_PASSWORD = 128
_MAX_TYPED = 4 * MAX_PASSWORD  # NFC composes at most four code points into one


def normalise_password(password: str) -> str:
    """Return ``password`` in NFC, because keyboards encode the same password in different ways.

    The OpaqueString profile of RFC 8265 requires NFC. Its other rules are not applied: non-ASCII spaces are not
    replaced, and no character is refused. A text that is too long to be a password is returned unchanged, because
    normalising it could take long.
    """
    return unicodedata.normalize("NFC", password) if len(password) <= _MAX_TYPED else password


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A normalised password that the policy has accepted. Only ``PasswordPolicy`` makes one."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The rules for new passwords (NIST SP 800-63B): limits of length and a blocklist, but no composition rules."""

    min_length: int
    find_weakness: FindWeakness | None = None
    """The function that finds weak passwords, or None to accept passwords that are easy to guess."""
    hint: str = ""
    """A sentence to add to the message of an error that other settings prevent."""

    def check(self, password: str, *names: str | None) -> NewPassword:
        """Accept a new password. ``names`` are the user's username and e-mail address.

        The length is counted in code points of the normalised password. Raises InvalidValue.
        """
        password = normalise_password(password)
        if flaw := self._flaw(password, [name for name in names if name]):
            if self.hint and flaw.code not in ("too_long", "same_as_name"):
                message = Translatable("{reason} {hint}", reason=flaw.message, hint=Translatable(self.hint))
                raise InvalidValue(flaw.code, message)
            raise flaw
        return NewPassword(password)

    def random(self) -> NewPassword:
        """Return a password that nobody knows. It satisfies the password policies of identity providers."""
        return NewPassword(f"{secrets.token_urlsafe()}-aA1")

    def _flaw(self, password: str, names: list[str]) -> InvalidValue | None:
        if len(password) < self.min_length:
            return InvalidValue("too_short", Translatable("Use at least {n} characters.", n=self.min_length))
        if len(password) > MAX_PASSWORD:
            return InvalidValue("too_long", Translatable("Use at most {n} characters.", n=MAX_PASSWORD))
        if fold(password) in map(fold, names):
            return InvalidValue("same_as_name", "Do not use your username or e-mail address as the password.")
        return self.find_weakness(password, names) if self.find_weakness else None
