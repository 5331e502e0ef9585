"""The pages of the dogs."""

import re

import pytest
from flask import Flask

from src.domain.errors import AttemptFailed
from src.interfaces.services import Services
from tests.support.world import PICTURE, Pictures, build, client_of, join, services_of
from tests.web.surfer import Surfer, forms_of, said

DOGS = "/console/dogs"


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture
def app(pictures: Pictures) -> Flask:
    return build(pictures=pictures)


def dog_path(name: str) -> str:
    return f"{DOGS}/{name}"


def run_jobs(services: Services) -> None:
    """Run the jobs that wait."""
    for job in services.jobs.list(None).items:
        services.jobs.runner.run(job.id)


def test_a_dog_gets_its_picture_when_its_job_has_ended(signed_in: Surfer) -> None:
    assert "No dogs here" in said(signed_in.open(DOGS))
    assert signed_in.send(DOGS, name="Rex").location == DOGS
    waiting = signed_in.open(DOGS)
    assert ("data-poll" in waiting.text, "Pictures on their way: 1" in said(waiting)) == (True, True)
    assert (
        "img-src 'self' data: https://images.dog.ceo;" in waiting.headers["Content-Security-Policy"]
    )  # so that the pictures can be shown when they have arrived
    other = signed_in.open("/console/tasks").headers["Content-Security-Policy"]
    assert "img-src 'self';" in other
    run_jobs(services_of(signed_in.app))
    shown = signed_in.open(DOGS)
    assert (f'src="{PICTURE}"' in shown.text, "data-poll" in shown.text) == (True, False)


def test_a_dog_is_renamed_adopted_and_removed(signed_in: Surfer) -> None:
    signed_in.send(DOGS, name="Rex & Co")
    assert signed_in.send(dog_path("Rex%20%26%20Co"), name="Ñu", is_adopted="on").location == f"{DOGS}?done=dog"
    assert "Ñu" in said(signed_in.open(f"{DOGS}?show=adopted"))
    page = signed_in.open(dog_path("%C3%91u"))
    assert forms_of(page)[dog_path("%C3%91u")]["is_adopted"] == "on"
    signed_in.post(dog_path("%C3%91u"), {**forms_of(page)[dog_path("%C3%91u")], "is_adopted": ""})
    assert "No dogs here" in said(signed_in.open(f"{DOGS}?show=adopted"))
    assert signed_in.send(dog_path("%C3%91u/remove"), dog_path("%C3%91u")).location == f"{DOGS}?done=dog-removed"
    assert signed_in.open(dog_path("%C3%91u")).status_code == 404


def test_a_taken_name_is_said_and_a_double_click_adds_one_dog(signed_in: Surfer) -> None:
    page = signed_in.open(DOGS)
    for _ in range(2):
        assert signed_in.send(DOGS, page, name="Luna").status_code == 303
    taken = signed_in.send(DOGS, name="LUNA")
    assert (taken.status_code, "already taken" in taken.text) == (409, True)
    assert forms_of(taken)[DOGS]["name"] == "LUNA"
    assert signed_in.open(DOGS).text.count("<h2 class") == 1


def test_a_dog_that_changed_in_another_tab_is_a_choice(signed_in: Surfer) -> None:
    signed_in.send(DOGS, name="Rex")
    page = signed_in.open(dog_path("Rex"))
    signed_in.send(dog_path("Rex"), is_adopted="on")
    conflict = signed_in.send(dog_path("Rex"), page, name="Max")
    assert (conflict.status_code, "another window" in said(conflict)) == (412, True)
    assert signed_in.send(dog_path("Rex"), conflict).status_code == 303
    assert signed_in.open(dog_path("Max")).status_code == 200


def test_only_owners_and_admins_change_a_dog(app: Flask, signed_in: Surfer) -> None:
    signed_in.send(DOGS, name="Rex")
    other, admin = Surfer(app), Surfer(app)
    other.sign_in(join(client_of(app)).user["username"])
    admin.sign_in(join(client_of(app), "admin").user["username"])
    assert "Rex" in said(other.open(DOGS))
    assert dog_path("Rex") not in other.open(DOGS).text
    assert "Rex" not in said(other.open(f"{DOGS}?show=yours"))
    csrf = forms_of(other.open(DOGS))[DOGS]["csrf"]
    assert other.open(dog_path("Rex")).status_code == 403
    for act in ("", "/remove", "/picture"):
        fields = {"csrf": csrf, "name": "Mine", "revision": "x"}
        assert other.post(dog_path(f"Rex{act}"), fields).status_code == 403
    assert admin.send(dog_path("Rex"), name="King").status_code == 303


def test_names_of_dogs_are_never_markup(signed_in: Surfer) -> None:
    for name in ("<script>alert(1)<", '"><img src=x onerror=alert(1)>', "{{ 1234567 * 2 }}"):
        signed_in.send(DOGS, name=name)
    page = signed_in.open(DOGS)
    paths = re.findall(r'href="(/console/dogs/[^"]+)"', page.text)
    assert len(paths) == 3
    for shown in (page, *map(signed_in.open, paths)):
        assert shown.status_code == 200
        assert not re.search("<script>alert|<img|2469134", shown.text)


def test_a_picture_that_did_not_come_is_fetched_again(signed_in: Surfer, pictures: Pictures) -> None:
    services, again = services_of(signed_in.app), dog_path("Bruno/picture")
    signed_in.send(DOGS, name="Bruno")
    pictures.error = AttemptFailed("No.", final=True)
    run_jobs(services)
    page = signed_in.open(DOGS)
    assert ("No picture came." in said(page), "data-poll" in page.text) == (True, False)
    pictures.error = None
    for _ in range(2):  # the second click does nothing
        assert signed_in.send(again, page).location == DOGS
    assert "Pictures on their way: 1" in said(signed_in.open(DOGS))
    run_jobs(services)
    assert f'src="{PICTURE}"' in signed_in.open(DOGS).text
