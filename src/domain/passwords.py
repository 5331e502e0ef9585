"""The policy for new passwords, and the form in which passwords are compared."""

import secrets
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

from src.domain.messages import Translatable
from src.domain.values import InvalidValue, fold

FindWeakness = Callable[[str, Sequence[str]], InvalidValue | None]
"""A function of a password and the user's own names. It returns why the password is easy to guess, or None."""

IsBreached = Callable[[str], bool]
"""A function that returns whether a password is in a list of leaked passwords. It returns False when it cannot tell."""

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
    is_breached: IsBreached | None = None
    """The function that finds leaked passwords, or None to accept them. Asking it may take a second."""

    def check(self, password: str, *names: str | None) -> NewPassword:
        """Accept a new password. ``names`` are the user's username and e-mail address.

        The length is counted in code points of the normalised password. Raises InvalidValue, with all
        reasons for the refusal and the code of the first one.
        """
        new = self.check_form(password, *names)
        self.require_not_leaked(new)
        return new

    def require_not_leaked(self, password: NewPassword) -> None:
        """Raise InvalidValue for a password that is in a list of leaked passwords."""
        if self.is_breached and self.is_breached(password.text):
            raise InvalidValue("breached", "This password has leaked from another service; choose another.")

    def check_form(self, password: str, *names: str | None) -> NewPassword:
        """Accept a new password as ``check`` does, but without searching leaked passwords, which may be slow.

        Use it for strangers, whose requests must be counted before the search. Raises InvalidValue.
        """
        password = normalise_password(password)
        flaws = [*self._flaws(password, [name for name in names if name])]
        if not flaws:
            return NewPassword(password)
        reasons = [flaw.message for flaw in flaws]
        if self.hint and flaws[0].code not in ("too_long", "same_as_name"):
            reasons.append(Translatable(self.hint))
        message = reduce(lambda before, next: Translatable("{reason} {hint}", reason=before, hint=next), reasons)
        raise InvalidValue(flaws[0].code, message)

    def random(self) -> NewPassword:
        """Return a password that nobody knows. It satisfies the password policies of identity providers."""
        return NewPassword(f"{secrets.token_urlsafe()}-aA1")

    def _flaws(self, password: str, names: list[str]) -> Iterator[InvalidValue]:
        """Yield every reason for which a password is refused.

        A password that is too long gets no other check, because the other checks could take long.
        """
        if len(password) > MAX_PASSWORD:
            yield InvalidValue("too_long", Translatable("Use at most {n} characters.", n=MAX_PASSWORD))
            return
        if len(password) < self.min_length:
            yield InvalidValue("too_short", Translatable("Use at least {n} characters.", n=self.min_length))
        if fold(password) in map(fold, names):
            yield InvalidValue("same_as_name", "Do not use your username or e-mail address as the password.")
        elif self.find_weakness and (weakness := self.find_weakness(password, names)):
            yield weakness
