"""Invitations, the same over every store: one account for each, decided by the commit that lets the user in.

The races are a small sample, unless ``INVITATION_RACES=all`` asks for 1 000 invitations of which 50 are raced for.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random

import pytest

from src.domain.errors import InvalidInvitation, NotFound, Stale
from src.domain.invitations import Invitation
from src.domain.jobs import Job
from src.domain.mails import Mail, MailKind
from src.domain.users import PendingChange, State, User
from src.domain.values import Email, Role, pages
from src.infrastructure.repositories.invitations import Invitations
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Write
from src.infrastructure.stores.portable import Store
from tests.contract.accounts import NOON, new_user
from tests.support.races import at_once

ANA = Email("Ana@example.com")
MADE, RACED = (1000, 50) if os.environ.get("INVITATION_RACES") == "all" else (30, 3)
CONTENDERS = 20


@pytest.fixture
def invitations(store: Store) -> Invitations:
    return Invitations(store)


def invitation(minutes: int = 0) -> Invitation:
    return Invitation.new(ANA, Role.UPLOADER, "admin", NOON + timedelta(minutes=minutes), 7)


def invited(made: Invitation, id: str | None = None) -> User:
    return replace(new_user(id=id), invitation_id=made.id)


def test_an_invitation_its_mail_and_the_job_are_stored_in_one_commit(
    store: Store, invitations: Invitations, commits: list[list[Write]]
) -> None:
    mail = Mail.new(MailKind.INVITATION, ANA, "en", NOON)
    made = invitations.add(invitation(), (mail, Job.new(kind="mail", subject_id=mail.id, user_id=None, now=NOON)))
    assert len(commits) == 1
    assert invitations.get(made.id) == made
    assert Mails(store).get(mail.id)
    assert [job.subject_id for job in Jobs(store).all().items] == [mail.id]


def test_invitations_are_listed_by_status_the_newest_first(users: Users, invitations: Invitations) -> None:
    made = [invitations.add(invitation(minutes)) for minutes in range(4)]
    ana = users.add(invited(made[1]))
    accepted = made[1].accepted(ana.id).id
    for wanted, expected in ((None, [3, 2, 1, 0]), (False, [3, 2, 0]), (True, [1])):
        found = [each.id for page in pages(partial(invitations.list, wanted, limit=2)) for each in page]
        assert found == [made[number].id for number in expected]
    [own] = invitations.list_for_user(ana.id).items
    assert (own.id, own.user_id) == (accepted, ana.id)
    invitations.delete_for_user(ana.id)
    assert invitations.get(accepted) is None


def test_of_many_newcomers_with_one_invitation_one_is_let_in(users: Users, invitations: Invitations) -> None:
    made = [invitations.add(invitation()) for _ in range(MADE)]
    for each in Random(28).sample(made, RACED):
        outcomes = at_once(users.add, [invited(each) for _ in range(CONTENDERS)])
        [winner] = [outcome for outcome in outcomes if isinstance(outcome, User)]
        assert sum(isinstance(outcome, InvalidInvitation) for outcome in outcomes) == CONTENDERS - 1
        stored = invitations.get(each.id)
        assert stored
        assert stored.user_id == winner.id
    assert len([each for page in pages(partial(invitations.list, True)) for each in page]) == RACED


def _run(step: Callable[[], object]) -> object:
    return step()


def promotion(made: Invitation) -> Callable[[User], User]:
    return lambda guest: replace(guest, role=Role.USER, invitation_id=made.id)


def test_of_guests_and_users_at_the_provider_with_one_invitation_one_is_let_in(
    users: Users, invitations: Invitations
) -> None:
    made = invitations.add(invitation())
    guests = [users.add(replace(new_user(), role=Role.GUEST)) for _ in range(10)]
    pending = [users.add(replace(invited(made), state=State.PENDING, pending=PendingChange(NOON))) for _ in range(10)]
    found = invitations.get(made.id)
    assert found == made  # nothing is spent before the account is there
    steps = [(guest, promotion(made)) for guest in guests]
    steps += [(user, lambda stored: replace(stored, state=State.ACTIVE).settled()) for user in pending]
    outcomes = at_once(lambda step: users.update(step[0].id, step[1]), steps)
    [winner] = [outcome for outcome in outcomes if isinstance(outcome, User)]
    assert sum(isinstance(outcome, InvalidInvitation) for outcome in outcomes) == 19
    assert replace(winner, revision="") != winner
    # Later changes of the user, and an undone deletion, do not ask for the invitation again.
    invitations.remove(made.id)
    users.update(winner.id, lambda stored: replace(stored, state=State.DELETING))
    users.update(winner.id, lambda stored: replace(stored, state=State.ACTIVE))


def test_an_invitation_that_is_removed_at_the_same_time_lets_nobody_in_afterwards(
    users: Users, invitations: Invitations
) -> None:
    made = invitations.add(invitation())
    with pytest.raises(Stale):
        invitations.remove(made.id, ["older"])
    newcomer = invited(made)
    steps: list[Callable[[], object]] = [partial(users.add, newcomer), partial(invitations.remove, made.id)]
    outcomes = at_once(_run, steps)
    assert invitations.get(made.id) is None
    let_in = isinstance(outcomes[0], User)
    assert (users.get(newcomer.id) is not None) == let_in
    assert let_in or isinstance(outcomes[0], InvalidInvitation)
    with pytest.raises(InvalidInvitation):
        users.add(invited(made))
    with pytest.raises(NotFound):
        users.update("nobody", promotion(made))
