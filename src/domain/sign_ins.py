"""The day on which each user signed in last. It is not a field of User, whose revision no login may change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from src.domain.values import Page

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The day that stands for no known sign-in. It comes first in the order of days."""


@dataclass(frozen=True, slots=True)
class LastSignIn:
    """The last sign-in of a user, who has the same id. Guests and services have none."""

    id: str
    day: datetime
    """The beginning of the day in UTC, or NEVER."""
    revision: str = ""


class SignedIn(StrEnum):
    """A period of the last sign-in that the list of users can be filtered by, in whole days of UTC."""

    SINCE_YESTERDAY = "since-yesterday"
    LAST_7_DAYS = "last-7-days"
    LAST_30_DAYS = "last-30-days"
    NOT_FOR_90_DAYS = "not-for-90-days"
    UNKNOWN = "no-sign-in"
    """No sign-in is known. New accounts are among these users, so that they are not in the list of old sign-ins."""

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """Return the first and the last day of the period, which stay the same during a day.

        A clock that is ahead may have stored the next day.
        """
        if self is SignedIn.UNKNOWN:
            return NEVER, NEVER
        if self is SignedIn.NOT_FOR_90_DAYS:
            return NEVER + timedelta(days=1), day_of(now) - timedelta(days=91)
        return day_of(now) - timedelta(days=_DAYS[self]), day_of(now) + timedelta(days=1)


_DAYS = {SignedIn.SINCE_YESTERDAY: 1, SignedIn.LAST_7_DAYS: 7, SignedIn.LAST_30_DAYS: 30}


def day_of(time: datetime) -> datetime:
    """Return the beginning of the day in UTC."""
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class SignInRepository(Protocol):
    """Stores the last sign-in of each user. The commits of accounts and sessions write it."""

    def find(self, first: datetime, last: datetime, cursor: str | None = None, limit: int = 100) -> Page[LastSignIn]:
        """Return a page of the last sign-ins between two days, the earliest first."""

    def days(self, ids: Iterable[str]) -> dict[str, datetime]:
        """Return the day of the last sign-in of each of these users who has a known one. Takes one round trip."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[LastSignIn]:
        """Return the known sign-in of a user, for an export."""

    def delete_for_user(self, user_id: str) -> None:
        """Remove the last sign-in of a user."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """The numbers of records that a step of a repair has stored and removed."""

    recorded: int = 0
    removed: int = 0


class LastSignInRepair(Protocol):
    """Repairs what processes of an earlier version leave behind, which know no last sign-ins."""

    def run(self) -> Iterator[Repaired]:
        """Store the missing records, and remove those of users who are gone or keep none. Yield what each step did.

        A missing record gets the day of the newest session of the user, or NEVER.
        """
