"""The contract of identity providers, and the ID tokens of Firebase."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
import requests
from argon2 import PasswordHasher, extract_parameters

from src.application.ports import RemoteAccounts
from src.bootstrap.ports import Overrides
from src.bootstrap.wiring import wire
from src.domain.errors import InvalidCredentials, InvalidToken, NotFound, Taken, Unavailable
from src.domain.sessions import Client
from src.domain.users import Profile, User
from src.domain.values import Email, Username
from src.infrastructure.identity import argon2
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.identity.firebase import FirebaseAccounts
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.settings import Settings
from tests.e2e.firebase import PASSWORD, Firebase, firebase, new_address, new_number
from tests.support.passwords import accepted
from tests.support.remote import FakeProvider

__all__ = ["firebase"]  # a fixture
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

Keeper = Callable[[User, str], User]


class HashedAccounts(FakeProvider):
    """Accounts whose password hashes are stored with the users, with the methods of a remote identity provider."""

    def __init__(self) -> None:
        super().__init__()
        self.hasher = Argon2Hasher(CHEAP, at_once=2)

    def verify_password(self, user: User | None, password: str) -> bool:
        return self.hasher.verify(user.password_hash if user else None, password)


@pytest.fixture(params=["local", "firebase", "fake"])
def identity(request: pytest.FixtureRequest) -> RemoteAccounts:
    if request.param == "local":
        return HashedAccounts()
    if request.param == "fake":
        return FakeProvider()
    return connected(request.getfixturevalue("firebase"))


@pytest.fixture
def join(identity: RemoteAccounts) -> Keeper:
    """Return a function that creates the account of a user, as the use cases do, and returns the user to be stored."""

    def join(user: User, password: str) -> User:
        identity.create(user, password)
        return hashed(identity, user, password)

    return join


def connected(firebase: Firebase) -> FirebaseAccounts:
    return FirebaseAccounts(firebase.project, "any")


def hashed(identity: RemoteAccounts, user: User, password: str) -> User:
    """Return the user with the hash of a password, if this service stores hashes."""
    if isinstance(identity, HashedAccounts):
        return replace(user, password_hash=identity.hasher.hash_password(password))
    return user


def somebody(email: bool = True) -> User:
    return User.new(now=datetime.now(UTC), username=Username.random(), email=Email(new_address()) if email else None)


@pytest.mark.parametrize("email", [True, False], ids=["with an address", "without"])
def test_only_the_password_of_an_existing_user_verifies(identity: RemoteAccounts, join: Keeper, email: bool) -> None:
    user = join(somebody(email), PASSWORD)
    assert identity.verify_password(user, PASSWORD)
    assert not identity.verify_password(user, PASSWORD + " ")
    assert not identity.verify_password(user, "")
    assert not identity.verify_password(None, PASSWORD)
    assert not identity.verify_password(None, "nobody")
    assert not identity.verify_password(replace(somebody(), id=user.id), PASSWORD) or isinstance(
        identity, HashedAccounts
    )


def test_a_hash_does_not_reveal_the_password() -> None:
    hashes = [Argon2Hasher(CHEAP, at_once=2).hash_password(PASSWORD) for _ in range(2)]
    assert all(each.startswith("$argon2id$") and PASSWORD not in each for each in hashes)
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize(
    "password",
    [
        "  both ends  ",
        "ñandú ИВАН 密码 🔑🔑",
        "e\u0301 is \u00e9",
        "x" * 128,
        "🔑" * 128,
        "a\tb\nc\x01",
        'q"\\/<&%00',
    ],
)
def test_a_password_is_any_text_and_never_cut(identity: RemoteAccounts, join: Keeper, password: str) -> None:
    user = join(somebody(), password)
    assert identity.verify_password(user, password)
    for other in (password[:-1], password.strip() + "x", password + "x"):
        assert not identity.verify_password(user, other)


def test_a_password_is_the_same_in_every_canonical_form(identity: RemoteAccounts, join: Keeper) -> None:
    composed, decomposed = "contrase\u00f1a de \u00c5sa", "contrasen\u0303a de A\u030asa"
    user = join(somebody(), decomposed)
    assert identity.verify_password(user, composed)
    user = hashed(identity, user, composed)
    identity.set_password(user, composed)
    assert identity.verify_password(user, decomposed)
    assert identity.verify_password(user, "contrase\u00f1a de \u212bsa")
    assert not identity.verify_password(
        user, "contrase\uff4e\u0303a de \u00c5sa"
    )  # full width: compatible, not canonical
    assert not identity.verify_password(user, "contrasena de Asa")


def test_a_changed_password_replaces_the_old_one(identity: RemoteAccounts, join: Keeper) -> None:
    user = join(somebody(), PASSWORD)
    for _ in range(2):
        user = hashed(identity, user, "another password")
        identity.set_password(user, "another password")
    assert identity.verify_password(user, "another password")
    assert not identity.verify_password(user, PASSWORD)


def enrol(identity: RemoteAccounts, user: User, request: pytest.FixtureRequest) -> None:
    """Add a second factor to the account of a user. At Firebase its address is unverified again afterwards."""
    if isinstance(identity, FakeProvider):
        identity.second_factors.add(user.id)
        return
    assert user.email
    firebase: Firebase = request.getfixturevalue("firebase")
    firebase.update(user.id, emailVerified=True)  # or Firebase refuses the enrolment
    signed_in = firebase.sign_in(user.email.address)
    assert signed_in
    firebase.enrol_phone(signed_in, new_number())
    firebase.update(user.id, emailVerified=False)


def test_a_changed_password_removes_second_factors_only_if_told_to(
    identity: RemoteAccounts, join: Keeper, request: pytest.FixtureRequest
) -> None:
    user = join(somebody(), PASSWORD)
    enrol(identity, user, request)

    def has_second_factor() -> bool:
        account = identity.get(user.id)
        assert account
        return account.has_second_factor

    identity.set_password(user, "another password")
    assert has_second_factor()
    identity.set_password(user, "another password", remove_other_sign_ins=True)
    assert has_second_factor()
    for _ in range(2):
        user = hashed(identity, user, PASSWORD)
        identity.set_password(user, PASSWORD, remove_other_sign_ins=True, remove_second_factors=True)
        assert not has_second_factor()
        assert identity.verify_password(user, PASSWORD)


def test_a_changed_address_replaces_the_old_one(identity: RemoteAccounts, join: Keeper) -> None:
    old = join(somebody(), PASSWORD)
    new = replace(old, email=Email(new_address()))
    for _ in range(2):
        identity.set_email(new)
    assert identity.verify_password(new, PASSWORD)
    if not isinstance(identity, HashedAccounts):
        assert not identity.verify_password(old, PASSWORD)  # the old address signs nobody in
        identity.create(replace(somebody(), email=old.email), PASSWORD)  # and is free


def test_an_address_can_be_added_and_taken_away(identity: RemoteAccounts, join: Keeper) -> None:
    without = join(somebody(email=False), PASSWORD)
    for user in (replace(without, email=Email(new_address())), without):
        identity.set_email(user)
        assert identity.verify_password(user, PASSWORD)


def test_an_address_in_use_is_taken(identity: RemoteAccounts, join: Keeper) -> None:
    first, second = join(somebody(), PASSWORD), join(somebody(), "another password")
    if isinstance(identity, HashedAccounts):
        return  # in that case only the store has the address
    with pytest.raises(Taken) as refused:
        identity.create(replace(somebody(), email=first.email), PASSWORD)
    assert refused.value.fields == ("email",)
    with pytest.raises(Taken):
        identity.set_email(replace(second, email=first.email))
    assert identity.verify_password(first, PASSWORD)
    assert identity.verify_password(second, "another password")


def test_creating_an_account_twice_makes_one_account(identity: RemoteAccounts, join: Keeper) -> None:
    user = join(somebody(), PASSWORD)
    identity.create(user, PASSWORD)
    assert identity.verify_password(user, PASSWORD)


@pytest.mark.parametrize("identity", ["firebase", "fake"], indirect=True)
def test_a_deleted_account_is_gone_and_its_address_free(identity: RemoteAccounts, join: Keeper) -> None:
    user = join(somebody(), PASSWORD)
    assert identity.get(user.id) is not None
    for _ in range(2):
        identity.delete(user.id)
    assert identity.get(user.id) is None
    assert not identity.verify_password(user, PASSWORD)
    with pytest.raises(NotFound):
        identity.set_email(user)
    with pytest.raises(NotFound):
        identity.set_password(user, PASSWORD)
    join(replace(somebody(), email=user.email), PASSWORD)


def test_a_hash_of_other_parameters_needs_a_rehash() -> None:
    hash = Argon2Hasher(CHEAP, at_once=1).hash_password(PASSWORD)
    assert not Argon2Hasher(CHEAP, at_once=1).needs_rehash(hash)
    today = Argon2Hasher(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1), at_once=1)
    assert today.needs_rehash(hash)
    assert today.verify(hash, PASSWORD)


@pytest.mark.parametrize("identity", ["firebase", "fake"], indirect=True)
def test_a_malformed_token_is_invalid(identity: RemoteAccounts) -> None:
    for token in ("", "x", "a.b.c", "e30.e30.", "....", "\ud800", f"{'a' * 5000}.b.c"):
        with pytest.raises(InvalidToken):
            identity.verify_id_token(token)


# What a login costs


@pytest.fixture
def log_in(identity: RemoteAccounts, join: Keeper) -> tuple[Callable[[str, str], object], dict[str, tuple[str, str]]]:
    """Return the login use case, and for each outcome a login name and a password that lead to it."""
    adapters = Overrides(store=MemoryStore(), keys=KeyRing(as_jwk_set([SigningKey.generate()])), limiter=NoLimits())
    if isinstance(identity, HashedAccounts):
        adapters["hasher"] = identity.hasher
    else:
        adapters["remote"] = identity
    services = wire(Settings(store_url="memory://"), **adapters)

    def joined() -> User:
        user = somebody()
        assert user.username
        profile = Profile(username=user.username, email=user.email)
        return services.accounts.register(profile, accepted(PASSWORD), Client())

    user, disabled = joined(), joined()
    services.accounts.accounts.users.update(disabled.id, lambda stored: replace(stored, disabled=True))
    assert user.username
    assert disabled.email
    return lambda login, password: services.sessions.log_in(login, password, Client()), {
        "right": (user.username.display, PASSWORD),
        "wrong": (user.username.display, "wrong password"),
        "unknown": (new_address(), PASSWORD),
        "unspeakable": ("@", PASSWORD),
        "disabled": (disabled.email.address, PASSWORD),
    }


class Counter:
    """Counts the calls of a password hash or of Firebase, whichever a login makes, and how many run at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.0) -> None:
        self.calls = self.running = self.most = 0
        self._lock = threading.Lock()
        self._seconds = seconds
        for owner, name in ((PasswordHasher, "hash"), (PasswordHasher, "verify"), (requests.Session, "send")):
            self._count(monkeypatch, owner, name)

    def _count(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        original = getattr(owner, name)

        def counted(*arguments: object, **options: object) -> object:
            with self._lock:
                self.calls += 1
                self.running += 1
                self.most = max(self.most, self.running)
            try:
                time.sleep(self._seconds)
                return original(*arguments, **options)
            finally:
                with self._lock:
                    self.running -= 1

        monkeypatch.setattr(owner, name, counted)


@pytest.mark.parametrize("identity", ["local", "firebase"], indirect=True)  # the fake costs nothing
@pytest.mark.parametrize("outcome", ["right", "wrong", "unknown", "unspeakable", "disabled"])
def test_every_outcome_of_a_login_costs_one_check(
    identity: RemoteAccounts,
    log_in: tuple[Callable[[str, str], object], dict[str, tuple[str, str]]],
    outcome: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counter = Counter(monkeypatch)
    use_case, examples = log_in
    if outcome == "right":
        use_case(*examples[outcome])
    else:
        with pytest.raises(InvalidCredentials):
            use_case(*examples[outcome])
    assert counter.calls == 1


def test_the_failed_logins_take_the_same_time(
    identity: RemoteAccounts, log_in: tuple[Callable[[str, str], object], dict[str, tuple[str, str]]]
) -> None:
    """A coarse check, because machines are noisy: test_every_outcome_of_a_login_costs_one_check is the precise one."""
    use_case, examples = log_in
    least = dict.fromkeys(("wrong", "unknown", "disabled"), float("inf"))
    # Other load makes some logins slower, so the fastest of many are compared.
    for attempt in range(400):
        for outcome in least:
            start = time.perf_counter()
            with pytest.raises(InvalidCredentials):
                use_case(*examples[outcome])
            least[outcome] = min(least[outcome], time.perf_counter() - start)
        if attempt >= 15 and max(least.values()) < 2 * min(least.values()) + 0.001:
            return
    pytest.fail(f"{least}")


class Recorder(PasswordHasher):
    """A hasher that records the hash that the last password was checked against."""

    checked: str | bytes = ""

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.checked = hash
        return super().verify(hash, password)


def test_an_unknown_user_costs_the_same_hash_as_a_known_one() -> None:
    hasher = Recorder(time_cost=2, memory_cost=16, parallelism=1, hash_len=24, salt_len=12)
    assert not Argon2Hasher(hasher, at_once=1).verify(None, PASSWORD)
    assert extract_parameters(str(hasher.checked)) == extract_parameters(hasher.hash(PASSWORD))
    assert len(hasher.checked) == len(hasher.hash(PASSWORD))


def test_no_more_hashes_than_configured_run_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = Argon2Hasher(CHEAP, at_once=2)
    hash = hasher.hash_password(PASSWORD)
    counter = Counter(monkeypatch, seconds=0.02)
    right: list[bool] = []
    threads = [threading.Thread(target=lambda: right.append(hasher.verify(hash, PASSWORD))) for _ in range(8)]
    threads += [threading.Thread(target=hasher.hash_password, args=(PASSWORD,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert right == [True] * 8
    assert (counter.calls, counter.most) == (12, 2)


def test_waiting_too_long_for_a_hash_is_unavailable_with_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(argon2, "_QUEUE_SECONDS", 0.05)
    hasher = Argon2Hasher(CHEAP, at_once=1)
    begun, go_on = threading.Event(), threading.Event()
    hash = PasswordHasher.hash

    def slowly(hasher: PasswordHasher, password: str) -> str:
        begun.set()
        assert go_on.wait(60)
        return hash(hasher, password)

    with monkeypatch.context() as patch:
        patch.setattr(PasswordHasher, "hash", slowly)
        slow = threading.Thread(target=hasher.hash_password, args=(PASSWORD,))
        slow.start()
        assert begun.wait(60)
        with pytest.raises(Unavailable) as refused:
            hasher.verify(None, PASSWORD)
        assert refused.value.retry_after > 0
        go_on.set()
        slow.join()
    assert not hasher.verify(None, PASSWORD)  # the failed one has made room for another hash


def test_a_shortage_of_memory_is_unavailable_and_never_a_wrong_password() -> None:
    """In a process that really has too little memory. Its logins are limited to ten failures."""
    command = [sys.executable, "-m", "tests.support.short_of_memory"]
    ran = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "known": [503] * 11,
        "wrong": 503,
        "unknown": 503,
        "register": 503,
        "later": [200, 401],
        **dict.fromkeys(("argon2", "scrypt", "firebase", "threads"), "Unavailable"),
        "argon2 later": "True",
        **dict.fromkeys(("scrypt later", "firebase later", "threads later"), "False"),
    }
