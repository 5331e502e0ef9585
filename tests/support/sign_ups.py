"""Simultaneous sign-ups with one name, over HTTP requests in the process."""

from collections import Counter

from flask import Flask

from tests.support.races import at_once, spellings
from tests.support.world import PASSWORD, Answer, client_of, services_of

SIGN_UPS = 50


def sign_up_at_once(app: Flask, name: str, taken: str) -> Counter[str]:
    """Let 50 clients register the same username or address at once, each in a different spelling.

    Assert that one wins, that the others are told that the field ``taken`` is taken, that every spelling logs the
    winner in, and that the values of the refused registrations are free. ``name`` must be unused.
    """
    bodies = [
        {
            "username": spelling if taken == "username" else f"u{number}{name}",
            "email": f"{spelling if taken == 'email' else f'u{number}{name}'}@example.com",
            "password": PASSWORD,
        }
        for number, spelling in enumerate(f"{spelling}{name}" for spelling in spellings(SIGN_UPS))
    ]

    outcomes = at_once(lambda body: client_of(app).post("/register", json=body), bodies)

    answers: list[tuple[dict[str, str], Answer]] = []
    for body, outcome in zip(bodies, outcomes, strict=True):
        assert not isinstance(outcome, Exception), repr(outcome)
        answers.append((body, outcome))
    statuses = Counter(answer.status_code for _, answer in answers)
    unexpected = [(body, answer.status_code, answer.text) for body, answer in answers if answer.status_code != 409]
    assert statuses == {201: 1, 409: SIGN_UPS - 1}, unexpected
    [winner] = [answer.json["id"] for _, answer in answers if answer.status_code == 201]
    losers = [(body, answer) for body, answer in answers if answer.status_code == 409]
    for _, answer in losers:
        assert [error["field"] for error in answer.json["errors"]] == [taken], answer.text

    client, loser = client_of(app), losers[0][0]
    shown = client.post("/login", json={taken: loser[taken], "password": PASSWORD})
    assert shown.status_code == 200, shown.text
    headers = {"Authorization": f"Bearer {shown.json['access_token']}"}
    assert client.get("/user", headers=headers).json["id"] == winner
    assert services_of(app).accounts.accounts.users.get(winner)
    free = {"username": f"w{name}"} if taken == "username" else {"email": f"w{name}@example.com"}
    registered = client.post("/register", json={**loser, **free})
    assert registered.status_code == 201, registered.text
    return Counter({"sign-ups": SIGN_UPS, "winners": 1})
