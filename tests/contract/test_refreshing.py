"""Concurrent refreshes with one token, and concurrent uses of one cookie, on every store."""

from datetime import timedelta
from typing import Any

import pytest

from src.application.factors import FirstStep
from src.application.sessions import BrowserSessionService
from src.domain.errors import InvalidToken
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Username
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from tests.support.races import at_once
from tests.support.refreshing import refresh_at_once, serve
from tests.support.working import Watch


def test_twenty_concurrent_refreshes_of_one_token_get_the_same_successor(users: Users, sessions: Sessions) -> None:
    refresh_at_once(users, sessions)


def test_of_twenty_concurrent_uses_of_a_cookie_each_finds_the_user_and_one_is_stored(
    users: Users, sessions: Sessions
) -> None:
    watch = Watch()
    service = serve(users, sessions, watch)
    ada = users.add(User.new(now=watch(), username=Username.parse("ada"), email=None))
    cookie = service.start(ada, Client(uses_cookie=True), FirstStep())[1].cookie
    [began] = sessions.list_for_user(ada.id).items
    watch.forward(901)

    found: list[Any] = at_once(BrowserSessionService(sessions=service).authenticate, [cookie] * 20)

    assert {each.user.id for each in found} == {ada.id}
    [used] = sessions.list_for_user(ada.id).items
    assert (used.last_used_at, used.expires_at) == (watch(), watch() + timedelta(days=1))
    assert len({each.session.revision for each in found} | {began.revision}) == 2
    with pytest.raises(InvalidToken):
        service.refresh(cookie, Client())
    assert sessions.get(used.id) == used
