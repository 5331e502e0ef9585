"""Of twenty simultaneous uses of a code, a recovery code or a ticket one logs in, on every store."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from src.application.caller import Caller
from src.application.factors import Answer
from src.bootstrap.adapters import now
from src.bootstrap.wiring import wire
from src.domain.errors import MfaRequired
from src.domain.sessions import Client, Level, Proof
from src.domain.users import Profile, User
from src.domain.values import Role, Username
from src.infrastructure.blobs import make_blobs
from src.infrastructure.factors.totp import code_at
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.stores.portable import Store
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.services import Services
from tests.contract.test_sessions_repository import new_session
from tests.support.races import at_once
from tests.support.second_steps import Phone, give_phone
from tests.support.working import RecordingQueue, run_now
from tests.support.world import DATA_KEYS

ANNA, PASSWORD = "anna", "correct horse battery"


@pytest.fixture
def services(store: Store, tmp_path: Path) -> Services:
    from src.settings import Settings

    moment = now()  # a code of the step before would expire in the middle of a slow test
    return wire(
        Settings(data_dir=tmp_path, store_url="memory://"),
        clock=lambda: moment,
        store=store,
        hasher=Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_once=4),
        keys=KeyRing(as_jwk_set([SigningKey.generate()])),
        data_keys=DATA_KEYS,
        limiter=NoLimits(),
        blobs=make_blobs("memory://"),
        queue=RecordingQueue(),
        later=run_now,
    )


@pytest.fixture
def anna(services: Services) -> User:
    profile = Profile(username=Username.parse(ANNA), role=Role.USER)
    return services.directory.add(profile, services.rules.passwords.check(PASSWORD))


@pytest.fixture
def phone(services: Services, anna: User) -> Phone:
    return give_phone(services, anna.id)


def ticket(services: Services) -> str:
    with pytest.raises(MfaRequired) as asked:
        services.sessions.log_in(ANNA, PASSWORD, Client())
    return asked.value.mfa_token


def winners(outcomes: Sequence[object]) -> int:
    return sum(not isinstance(each, Exception) for each in outcomes)


@pytest.mark.parametrize("kind", ["code", "recovery_code"])
@pytest.mark.parametrize("tickets", [1, 20])
def test_an_answer_logs_in_once(services: Services, anna: User, phone: Phone, kind: str, tickets: int) -> None:
    issued, answer = [ticket(services) for _ in range(tickets)], Answer(**phone.answer(kind))
    finish: Callable[[str], object] = lambda token: services.second_steps.finish(token, answer, Client())  # noqa: E731
    assert winners(at_once(finish, (issued * 20)[:20])) == 1
    assert len(services.sessions.list(anna, None, 100).items) == 1


@pytest.mark.parametrize("kind", ["code", "recovery_code"])
def test_an_answer_steps_up_once(services: Services, anna: User, phone: Phone, kind: str) -> None:
    answer = Answer(**phone.answer("recovery_code"))
    services.second_steps.finish(ticket(services), answer, Client())
    [session] = services.sessions.list(anna, None, 100).items
    user = services.sessions.users.get(anna.id)
    assert user
    caller = Caller(user, session, session.proof)
    answer = Answer(**phone.answer(kind))
    outcomes = at_once(lambda client: services.step_ups.with_factor(caller, answer, client), [Client()] * 20)
    assert winners(outcomes) == 1
    [stepped_up] = services.sessions.list(anna, None, 100).items
    assert stepped_up.stepped_up_at
    assert stepped_up.proof.level is Level.TWO_FACTORS


def test_a_ticket_logs_in_once_whatever_the_answers_are(services: Services, anna: User, phone: Phone) -> None:
    issued = ticket(services)
    answers = [Answer(**phone.answer("recovery_code")) for _ in range(10)]
    outcomes = at_once(lambda answer: services.second_steps.finish(issued, answer, Client()), answers)
    assert winners(outcomes) == 1
    assert len(services.sessions.list(anna, None, 100).items) == 1


def test_a_factor_that_is_removed_meanwhile_starts_no_session_afterwards(
    services: Services, anna: User, phone: Phone
) -> None:
    users, issued = services.sessions.users, ticket(services)

    def act(step: int) -> object:
        if step:
            return services.second_steps.finish(issued, answer, Client())
        return users.update(anna.id, lambda user: replace(user.without_factors(user.factors, now()), factors={}))

    answer = Answer(**phone.answer("code"))
    outcomes = at_once(act, range(2))
    assert not isinstance(outcomes[0], Exception)
    assert len(services.sessions.list(anna, None, 100).items) == winners(outcomes[1:])
    with pytest.raises(Exception, match=r"."):
        services.second_steps.finish(issued, answer, Client())


def caller_of(services: Services) -> Caller:
    _, tokens = services.sessions.log_in(ANNA, PASSWORD, Client())
    return services.authentication.authenticate(tokens.access)


def current_step(services: Services) -> int:
    """Return the step of the codes of apps, by the clock of the services, which stands still."""
    return int(services.sessions.clock().timestamp()) // 30


def test_only_the_enrolling_session_outlives_the_first_enrolment(services: Services, anna: User) -> None:
    """A simultaneous login has read the user before the enrolment, and stores its session afterwards."""
    caller = caller_of(services)
    enrolment, setup = services.enrolments.start_app(caller)
    code = code_at(setup.secret, current_step(services))

    def act(step: int) -> object:
        if step:
            return services.sessions.log_in(ANNA, PASSWORD, Client())
        return services.enrolments.add_app(caller, enrolment, code, None, Client())

    outcomes = at_once(act, range(8))
    assert not isinstance(outcomes[0], Exception), outcomes[0]
    stored = services.sessions.users.get(anna.id)
    assert stored
    assert [each.id for each in services.sessions.list(stored, None, 100).items] == [caller.session_id]


def test_one_of_twenty_first_enrolments_counts(services: Services, anna: User) -> None:
    caller, step = caller_of(services), current_step(services)
    setups = [services.enrolments.start_app(caller) for _ in range(20)]
    outcomes = at_once(
        lambda made: services.enrolments.add_app(caller, made[0], code_at(made[1].secret, step), None, Client()), setups
    )
    assert winners(outcomes) == 1, outcomes
    assert len(services.factors.list(anna.id).items) == 2


@pytest.mark.usefixtures("phone")
def test_of_factors_removed_at_once_nothing_is_left(services: Services, anna: User) -> None:
    session = new_session(anna.id)
    user = services.sessions.users.get(anna.id)
    assert user
    caller = Caller(user, session, Proof(("pwd", "otp", "mfa"), now()))
    at_once(lambda id: services.factors.remove(caller, id, Client()), [*user.factors] * 4)
    left = services.sessions.users.get(anna.id)
    assert left
    assert (left.factors, services.factors.list(anna.id).items) == ({}, [])
