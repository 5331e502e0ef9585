"""Helpers for the tests of the operators' pages."""

from flask import Flask

from tests.support.world import Person, client_of, join
from tests.web.surfer import Surfer

HOSTILE = "<script>alert(1)</script>"


def operator(app: Flask, role: str = "admin") -> tuple[Surfer, Person]:
    """Return the browser of a new admin or auditor who has signed in, and the person."""
    person, surfer = join(client_of(app), role), Surfer(app)
    assert surfer.sign_in(person.user["username"]).status_code == 303
    return surfer, person
