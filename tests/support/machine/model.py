"""The plain model that a service must behave like: the accounts, their valid sessions, and what they own."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

RECENT_SECONDS = 600
GRACE_SECONDS = 10
ACCESS_SECONDS = 900
MOST_ATTEMPTS = 4


def key_of(name: str) -> str:
    """Return a text that all spellings of one name have in common."""
    return unicodedata.normalize("NFC", name.casefold())


@dataclass(eq=False)
class Account:
    """A user or guest."""

    id: str
    username: str | None = None
    email: str | None = None
    password: str | None = None
    name: str | None = None
    gone: bool = False

    @property
    def is_guest(self) -> bool:
        return self.username is None

    def takes(self, username: str, email: str) -> set[str]:
        """Return the fields of a newcomer whose values this account has already."""
        mine = {"username": key_of(self.username or ""), "email": self.email}
        return {name for name, value in {"username": key_of(username), "email": email}.items() if mine[name] == value}


@dataclass(eq=False)
class Login:
    """A session, with the tokens that the service has issued. The last refresh token is the current one."""

    account: Account
    id: str
    token: str
    expires: float
    proved_at: int
    refreshes: list[str] = field(default_factory=list)
    spent_at: datetime | None = None
    ended: bool = False


@dataclass(eq=False)
class Job:
    """A job that fetches the picture of a dog."""

    id: str
    owner: Account
    run_at: datetime
    status: str = "queued"
    attempts: int = 0


@dataclass(eq=False)
class Dog:
    """A dog."""

    name: str
    owner: Account
    adopted: bool
    job: Job
    picture: str | None = None
    status: str = "pending"
    gone: bool = False

    def shown(self) -> dict[str, Any]:
        """Return the properties of the dog that do not depend on the service."""
        properties = {"name": self.name, "is_adopted": self.adopted, "id_user": self.owner.id}
        return properties | {"picture": self.picture, "picture_status": self.status}


class Model:
    """Everything that should exist."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.logins: list[Login] = []
        self.dogs: list[Dog] = []
        self.jobs: list[Job] = []

    def taken(self, username: str, email: str, but: Account | None = None) -> set[str]:
        """Return the fields whose values accounts other than ``but`` have already."""
        others = (each for each in self.accounts if not each.gone and each is not but)
        return {field for each in others for field in each.takes(username, email)}

    def named(self, login: str, password: str) -> Account | None:
        """Return the account with this username or address, if the password is right."""
        for each in self.accounts:
            names = (key_of(each.username or ""), each.email)
            if not each.gone and not each.is_guest and key_of(login) in names and each.password == password:
                return each
        return None

    def dog(self, name: str) -> Dog | None:
        """Return the dog with this name, in any case."""
        found = (each for each in self.dogs if not each.gone and key_of(each.name) == key_of(name))
        return next(found, None)

    def logins_of(self, account: Account) -> Iterator[Login]:
        """Yield the sessions of an account that have not ended."""
        return (each for each in self.logins if each.account is account and not each.ended)

    def end_logins(self, account: Account, keep: Login | None = None) -> None:
        """End the sessions of an account, except ``keep``."""
        for each in self.logins_of(account):
            each.ended = each is not keep

    def remove(self, account: Account) -> None:
        """Remove an account and what belongs to it."""
        account.gone = True
        self.end_logins(account)
        for dog in self.dogs:
            dog.gone |= dog.owner is account
        self.jobs = [each for each in self.jobs if each.owner is not account]
