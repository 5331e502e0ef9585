"""The proof of a second factor: what counts as a guess, and how many there may be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from src.application.factors import Answer, ProofService
from src.application.factors.recovery import new_recovery_codes, recovery_hash
from src.application.tickets import Ticket
from src.domain.errors import AlreadyUsed, TooManyRequests, WrongCode
from src.domain.factors import NO_EVIDENCE, Factor, Spent, factor_id
from src.domain.mails import MailKind
from src.domain.sessions import Client
from src.domain.users import FactorKind, User
from src.infrastructure.factors.totp import TotpApps, code_at
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.repositories.factors import Factors
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.memory import MemoryStore
from tests.support.world import DATA_KEYS

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = b"12345678901234567890"
CODES = new_recovery_codes()
STEP = int(NOON.timestamp()) // 30


class Notices:
    def __init__(self) -> None:
        self.sent: list[MailKind] = []

    def send(self, kind: MailKind, user: User, client: Client) -> None:
        self.sent.append(kind)

    def record(self, user: User | None, client: Client) -> None:
        """Store no failed login."""


class World:
    def __init__(self) -> None:
        self.now, store, self.notices = NOON, MemoryStore(), Notices()
        self.factors = Factors(store)
        user = Users(store).add(User.new(now=NOON))
        app, recovery = (
            Factor(factor_id(kind, user.id), user.id, kind, NOON) for kind in (FactorKind.TOTP, FactorKind.RECOVERY)
        )
        self.app = replace(app, secret=DATA_KEYS.seal(SECRET, user.id))
        recovery = replace(recovery, code_hashes=tuple(recovery_hash(user.id, code) for code in CODES))
        change = lambda user: user.with_factor(app.id, app.kind, NOON).with_factor(recovery.id, recovery.kind, NOON)  # noqa: E731
        self.user = self.factors.save([self.app, recovery], user.id, change, NO_EVIDENCE)
        doubles: Any = self.notices
        self.service = ProofService(
            factors=self.factors,
            apps=TotpApps("Portero"),
            sealer=DATA_KEYS,
            check_passkey=lambda *_: NO_EVIDENCE,
            limiter=StoreLimiter(store, lambda: self.now),
            notices=doubles,
            failures=doubles,
            clock=lambda: self.now,
        )

    def prove(self, ticket: Ticket | None = None, code: str = "", recovery_code: str = "") -> Sequence[str]:
        """Prove with an answer, and write the evidence."""
        with self.service.check_answer(self.user, Answer(code, recovery_code), Client(), ticket=ticket) as proof:
            self.factors.save([], self.user.id, lambda user: user, proof.evidence)
            return proof.methods

    def guess(self, times: int, code: str = "000000", ticket: Ticket | None = None) -> None:
        for _ in range(times):
            with pytest.raises(WrongCode):
                self.prove(ticket, code=code)


@pytest.fixture
def world() -> World:
    return World()


def test_a_code_and_a_recovery_code_prove_two_factors_once_each(world: World) -> None:
    assert world.prove(code=code_at(SECRET, STEP)) == ("otp", "mfa")
    assert world.prove(recovery_code=CODES[0].upper().replace("-", " ")) == ("recovery", "mfa")
    for used in (STEP, STEP - 1):
        with pytest.raises(AlreadyUsed):
            world.prove(code=code_at(SECRET, used))
    with pytest.raises(WrongCode):
        world.prove(recovery_code=CODES[0])
    [app, recovery] = world.factors.get_many(*world.user.factors)
    assert app
    assert recovery
    assert (app.last_step, app.last_used_at, recovery.last_used_at) == (STEP, NOON, NOON)
    assert len(recovery.code_hashes) == 9


def test_ten_wrong_codes_lock_the_app_for_a_while_but_not_the_recovery_codes(world: World) -> None:
    world.guess(10)
    with pytest.raises(TooManyRequests):
        world.prove(code=code_at(SECRET, STEP))
    assert world.prove(recovery_code=CODES[1])
    assert world.notices.sent == [MailKind.WRONG_CODES]
    world.now += timedelta(minutes=15)
    assert world.prove(code=code_at(SECRET, STEP + 30))


def test_fifty_wrong_codes_lock_the_app_for_the_day(world: World) -> None:
    for _ in range(5):
        world.guess(10)
        world.now += timedelta(minutes=15)
    with pytest.raises(TooManyRequests):
        world.prove(code=code_at(SECRET, STEP + 150))
    world.now = NOON + timedelta(days=1)
    assert world.prove(code=code_at(SECRET, STEP + 2880))


def test_a_ticket_takes_five_wrong_codes(world: World) -> None:
    tickets = [Ticket({}, Spent(id * 64, NOON)) for id in "ab"]
    world.guess(5, ticket=tickets[0])
    with pytest.raises(TooManyRequests):
        world.prove(tickets[0], code=code_at(SECRET, STEP))
    assert world.prove(tickets[1], code=code_at(SECRET, STEP))
    with pytest.raises(AlreadyUsed):
        world.prove(tickets[1], code=code_at(SECRET, STEP + 1))


def test_right_and_replayed_codes_are_no_guesses(world: World) -> None:
    for number in range(12):
        world.now = NOON + timedelta(seconds=30 * number)
        code = code_at(SECRET, STEP + number)
        assert world.prove(code=code)
        with pytest.raises(AlreadyUsed):
            world.prove(code=code)
    world.guess(9)
    world.now += timedelta(seconds=30)
    assert world.prove(code=code_at(SECRET, STEP + 12))


def test_nothing_is_right_for_a_factor_that_the_user_does_not_have(world: World) -> None:
    world.user = replace(world.user, factors={})
    for code, recovery_code in ((code_at(SECRET, STEP), ""), ("", CODES[0])):
        with pytest.raises(WrongCode):
            world.prove(code=code, recovery_code=recovery_code)


@pytest.mark.parametrize("code", ["", "0", "O" * 16, "x" * 10_000, "\ud800"])
def test_odd_recovery_codes_are_wrong(world: World, code: str) -> None:
    with pytest.raises(WrongCode):
        world.prove(recovery_code=code)
