"""Simultaneous sign-ups with one name, over HTTP requests in the process."""

from collections import Counter

from flask import Flask

from tests.support.races import at_once, spellings
from tests.support.world import PASSWORD, Answer, client_of, services_of

SIGN_UPS = 50


def sign_up_at_once(app: Flask, name: str, taken: str) -> Counter[str]:
    """Let 50 strangers register the same username or address at once, each in a spelling of its own.

    Assert that one wins, that all others are told that the field ``taken`` is taken, that every spelling logs the
    winner in, and that what the others have not got is free. ``name`` must be unused.
    """
    bodies = []
    for number, spelling in enumerate(f"{spelling}{name}" for spelling in spellings(SIGN_UPS)):
        username, address = (
            (spelling, f"u{number}{name}") if taken == "username" else (f"u{number}{name}", f"{spelling}")
        )
        bodies.append({"username": username, "email": f"{address}@example.com", "password": PASSWORD})

    answers = at_once(lambda body: client_of(app).post("/register", json=body), bodies)

    for answer in answers:
        assert isinstance(answer, Answer), repr(answer)
    statuses = Counter(answer.status_code for answer in answers if isinstance(answer, Answer))
    assert statuses == {201: 1, 409: SIGN_UPS - 1}, statuses
    [(winner, user)] = [
        (body, answer.json)
        for body, answer in zip(bodies, answers, strict=True)
        if isinstance(answer, Answer) and answer.status_code == 201
    ]
    users = services_of(app).accounts.accounts.users
    for body, answer in zip(bodies, answers, strict=True):
        assert isinstance(answer, Answer)
        if body is not winner:
            assert [error["field"] for error in answer.json["errors"]] == [taken]
    client = client_of(app)
    loser = next(body for body in bodies if body is not winner)
    shown = client.post("/login", json={taken: loser[taken], "password": PASSWORD})
    assert shown.status_code == 200, shown.text
    headers = {"Authorization": f"Bearer {shown.json['access_token']}"}
    assert client.get("/user", headers=headers).json["id"] == user["id"]
    assert users.get(user["id"])
    other = "email" if taken == "username" else "username"
    again = client.post("/register", json={**loser, taken: f"w{loser[other]}" if taken == "email" else f"w{name}"})
    assert again.status_code == 201, again.text
    return Counter({"sign-ups": SIGN_UPS, "winners": 1})
