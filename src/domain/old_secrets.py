"""Replaced secrets. Each stays valid for a day, in which its holder changes over to a newer one."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from src.domain.errors import TooManyRequests

OLD_SECRET = timedelta(hours=24)
"""The time for which a secret stays valid after it was replaced."""
MAX_OLD_SECRETS = 25
"""The most replaced secrets that are valid at the same time."""

OldSecrets = Mapping[str, datetime]
"""The times at which replaced secrets end, by the secrets as they are stored. Those that have ended may be left out."""


def valid_secrets(old: OldSecrets, now: datetime) -> dict[str, datetime]:
    """Return the replaced secrets that have not ended."""
    return {secret: end for secret, end in old.items() if now < end}


def with_old_secret(old: OldSecrets, secret: str, now: datetime) -> OldSecrets:
    """Return the replaced secrets that have not ended, and one more that ends in a day.

    Raises TooManyRequests while MAX_OLD_SECRETS replaced secrets are valid.
    """
    valid = valid_secrets(old, now)
    if len(valid) >= MAX_OLD_SECRETS:
        raise TooManyRequests(math.ceil((min(valid.values()) - now).total_seconds()))
    return {**valid, secret: now + OLD_SECRET}
