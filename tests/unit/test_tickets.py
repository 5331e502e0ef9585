"""Tickets are opened for their purpose only, unchanged, and until they expire."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from src.application.tickets import Tickets
from src.domain.errors import InvalidToken
from src.infrastructure.tokens.signing_keys import KeyRing, as_jwk_set
from tests.support.world import KEY

NOON = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RING = KeyRing(as_jwk_set([KEY]))
TICKETS = Tickets(RING.fingerprints, lambda: NOON)


def at(moment: datetime) -> Tickets:
    return Tickets(RING.fingerprints, lambda: moment)


def test_a_ticket_is_opened_with_its_content_until_it_expires() -> None:
    text = TICKETS.issue("login", MINUTE, user="ada", kinds=["totp"])
    assert re.fullmatch(r"[\w-]+", text)
    ticket = at(NOON + timedelta(seconds=59)).open("login", text)
    assert (ticket.content["user"], ticket.content["kinds"]) == ("ada", ["totp"])
    assert ticket.spent.expires_at == NOON + MINUTE
    with pytest.raises(InvalidToken):
        at(NOON + MINUTE).open("login", text)


def test_each_ticket_is_spent_by_itself() -> None:
    ids = {TICKETS.open("login", TICKETS.issue("login", MINUTE)).spent.id for _ in range(9)}
    assert len(ids) == 9


def test_a_ticket_for_another_purpose_is_refused() -> None:
    with pytest.raises(InvalidToken):
        TICKETS.open("passkey", TICKETS.issue("login", MINUTE))


@pytest.mark.parametrize("at", [0, 63, 64, 70, -1])
def test_a_changed_ticket_is_refused(at: int) -> None:
    text = list(TICKETS.issue("login", MINUTE))
    text[at] = "A" if text[at] != "A" else "B"
    with pytest.raises(InvalidToken):
        TICKETS.open("login", "".join(text))


@pytest.mark.parametrize("text", ["", "x", "a" * 64, "\ud800" * 70, "é" * 70])
def test_a_text_that_is_no_ticket_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        TICKETS.open("login", text)
