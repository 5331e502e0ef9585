"""Recovery codes, each of which takes the place of a lost factor once."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from src.domain.factors import Factor, factor_id
from src.domain.users import FactorKind, User

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""The digits of Crockford's base32, in which no two look alike."""
_LOOK_ALIKES = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
_CODES = 10
_LENGTH = 16
"""The digits of a code: 80 bits."""


def new_recovery_codes() -> tuple[str, ...]:
    """Return new random codes of the form ``xxxx-xxxx-xxxx-xxxx``."""
    return tuple(_grouped("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))) for _ in range(_CODES))


def recovery_hash(user_id: str, code: str) -> str:
    """Return the hash of a code of a user. Capital letters, hyphens and look-alikes make no difference.

    SHA-256 is enough for 80 random bits. The id of the user lets nobody try the codes of all users at once.
    """
    plain = code.strip().lower().translate(_LOOK_ALIKES)
    return hashlib.sha256(f"{user_id} {plain}".encode(errors="surrogatepass")).hexdigest()


def _grouped(digits: str) -> str:
    return "-".join(digits[start : start + 4] for start in range(0, _LENGTH, 4))


def new_recovery_factor(user: User, now: datetime) -> tuple[Sequence[str], Factor]:
    """Return new recovery codes for a user, and the factor that holds their hashes."""
    codes, kind = new_recovery_codes(), FactorKind.RECOVERY
    hashes = tuple(recovery_hash(user.id, code) for code in codes)
    return codes, Factor(factor_id(kind, user.id), user.id, kind, now, code_hashes=hashes)
