"""The tokens and codes of mails. They are derived from the id of the mail, so that neither is stored."""

import hmac
from dataclasses import dataclass

from src.application.ports import Fingerprints
from src.domain.mails import Mail

_ID = 32
"""The length of the id of a mail, with which its token begins."""
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class MailTokens:
    """Makes and checks the tokens and codes of mails with the signing keys of this service."""

    fingerprints: Fingerprints

    def token(self, mail: Mail) -> str:
        """Return the token of a mail: its id, and 256 bits that only this service can compute."""
        return mail.id + self.fingerprints(_message("token", mail.id))[0]

    def code(self, mail: Mail) -> str:
        """Return the six digits that a person can type instead of opening the link."""
        return _code(self.fingerprints(_message("code", mail.id))[0])

    def mail_id(self, token: str) -> str | None:
        """Return the id of the mail with this token, or None for a text that this service did not issue."""
        id, secret = token[:_ID], token[_ID:]
        valid = self.fingerprints(_message("token", id))
        return id if any(_equal(secret, each) for each in valid) else None

    def is_code(self, mail: Mail, code: str) -> bool:
        """Return whether ``code`` is the code of a mail."""
        return any(_equal(code, _code(each)) for each in self.fingerprints(_message("code", mail.id)))


def _message(purpose: str, id: str) -> bytes:
    return f"mail {purpose}: {id}".encode(errors="replace")


def _code(fingerprint: str) -> str:
    return str(int(fingerprint, 16) % 10**_DIGITS).zfill(_DIGITS)


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
