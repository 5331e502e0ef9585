"""Mails, the same over every store: the newest are found first, and a token is spent once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from src.domain.jobs import Job
from src.domain.mails import Mail, MailKind
from src.domain.users import User
from src.domain.values import Email
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.stores.driver import Write
from src.infrastructure.stores.portable import Store
from tests.support.races import at_once
from tests.support.working import NOON

ANA = Email("Ana@example.com")
USER = replace(User.new(now=NOON, id="ana", username=None, email=ANA), session_epoch=3)


@pytest.fixture
def mails(store: Store) -> Mails:
    return Mails(store)


def add(mails: Mails, kind: MailKind = MailKind.LOGIN, minutes: int = 0, **details: str) -> Mail:
    mail = Mail.new(kind, ANA, "es", NOON + timedelta(minutes=minutes), details)
    mails.add(mail, Job.new(kind="mail", subject_id=mail.id, user_id=None, now=NOON))
    return mail


def test_a_mail_and_its_job_are_stored_in_one_commit(store: Store, mails: Mails, commits: list[list[Write]]) -> None:
    mail = add(mails, device="curl/8 ñ")
    assert len(commits) == 1
    [stored] = mails.get_many(mail.id)
    assert stored
    assert replace(stored, revision="") == mail
    [job] = Jobs(store).all().items
    assert job.subject_id == mail.id


def test_an_opened_mail_is_read_as_it_was_stored(mails: Mails) -> None:
    opened = mails.update(add(mails).id, lambda mail: mail.activate_token(USER, NOON).with_attempt())
    assert mails.get(opened.id) == opened
    assert (opened.user_id, opened.epoch, opened.attempts) == ("ana", 3, 1)


def test_the_newest_mails_of_a_kind_are_found_by_the_address_in_any_case(mails: Mails) -> None:
    added = [add(mails, minutes=minutes) for minutes in (1, 3, 2)]
    add(mails, MailKind.RESET, 4)
    found = mails.newest(MailKind.LOGIN, Email("ANA@example.com"), 2)
    assert [mail.id for mail in found] == [added[1].id, added[2].id]


def test_of_simultaneous_uses_of_one_token_one_succeeds_even_while_codes_are_tried(mails: Mails) -> None:
    mail = add(mails)
    stored = mails.update(mail.id, Mail.with_attempt)
    mails.update(mail.id, Mail.with_attempt)
    assert sorted(map(str, at_once(mails.spend, [stored] * 8))) == ["False"] * 7 + ["True"]
    assert mails.get(mail.id) is None
