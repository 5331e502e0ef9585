"""The pages of tasks."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.world import Person, client_of, join
from tests.web.surfer import Surfer, forms_of, said

TASKS = "/console/tasks"
TITLES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 1234567 * 2 }}",
    "\u202eevil",
    "'-alert(1)-'",
]


def tasks_of(app: Flask, person: Person) -> list[dict[str, object]]:
    found: list[dict[str, object]] = FlaskClient(app).get("/tasks", headers=person.headers).json or []
    return found


def test_a_task_is_added_ticked_changed_and_removed(signed_in: Surfer, anna: Person) -> None:
    assert "Nothing to do" in said(signed_in.open(TASKS))
    assert signed_in.send(TASKS, title="Walk the dog").location == TASKS
    [task] = tasks_of(signed_in.app, anna)
    path = f"{TASKS}/{task['id']}"
    page = signed_in.open(f"{TASKS}?show=open")
    ticked = signed_in.send(f"{path}/tick", page, completed="true")
    assert ticked.location == f"{TASKS}?show=open"
    assert "No open tasks" in said(signed_in.open(ticked.location))
    assert 'aria-checked="true"' in signed_in.open(f"{TASKS}?show=done").text
    done = signed_in.send(path, title="Walk both dogs", description="Twice,\r\nif it rains.")
    assert "The task is saved." in signed_in.open(done.location).text
    [task] = tasks_of(signed_in.app, anna)
    assert (task["title"], task["description"], task["completed"]) == ("Walk both dogs", "Twice,\nif it rains.", True)
    assert signed_in.send(f"{path}/remove", path).location == f"{TASKS}?done=task-removed"
    assert signed_in.open(path).status_code == 404


def test_a_form_that_is_sent_twice_makes_one_task_and_a_changed_one_makes_another(
    signed_in: Surfer, anna: Person
) -> None:
    page = signed_in.open(TASKS)
    for title in ("Walk", "Walk", "Feed"):
        assert signed_in.send(TASKS, page, title=title).status_code == 303
    assert signed_in.send(TASKS, title="Walk").status_code == 303
    assert sorted(str(task["title"]) for task in tasks_of(signed_in.app, anna)) == ["Feed", "Walk", "Walk"]


def test_a_wrong_title_stays_in_the_form(signed_in: Surfer) -> None:
    refused = signed_in.send(TASKS, title="x" * 201)
    assert (refused.status_code, "Use at most 200 characters." in refused.text) == (422, True)
    assert forms_of(refused)[TASKS]["title"] == "x" * 201


def test_a_task_that_changed_in_another_tab_is_a_choice(signed_in: Surfer, anna: Person) -> None:
    signed_in.send(TASKS, title="Walk")
    path = f"{TASKS}/{tasks_of(signed_in.app, anna)[0]['id']}"
    page = signed_in.open(path)
    signed_in.send(path, title="Theirs")
    conflict = signed_in.send(path, page, title="Mine", description="mine too")
    assert (conflict.status_code, "Theirs" in said(conflict), "mine too" in said(conflict)) == (412, True, True)
    assert signed_in.send(path, conflict, description="mine too").status_code == 303
    assert tasks_of(signed_in.app, anna)[0]["title"] == "Mine"


@pytest.mark.parametrize("text", TITLES)
def test_texts_of_tasks_are_never_markup(signed_in: Surfer, anna: Person, text: str) -> None:
    signed_in.send(TASKS, title=text)
    path = f"{TASKS}/{tasks_of(signed_in.app, anna)[0]['id']}"
    signed_in.send(path, description=f"</textarea>{text}")
    for page in (signed_in.open(TASKS), signed_in.open(path), signed_in.open(f"{TASKS}?show={text}&done={text}")):
        assert not re.search("<script>alert|<img|2469134|</textarea>.*</textarea>", page.text)
    [task] = tasks_of(signed_in.app, anna)
    assert (task["title"], task["description"]) == (text, f"</textarea>{text}")


def test_nobody_sees_or_changes_the_tasks_of_somebody_else(app: Flask, signed_in: Surfer) -> None:
    ben = join(client_of(app))
    id = client_of(app).post("/tasks", json={"title": "Secret"}, headers=ben.headers).json["id"]
    signed_in.send(TASKS, title="Mine")
    csrf = {"csrf": forms_of(signed_in.open(TASKS))[TASKS]["csrf"]}
    assert signed_in.open(f"{TASKS}/{id}").status_code == 404
    for act, fields in (
        ("", {"title": "x", "revision": "x"}),
        ("/remove", {}),
        ("/tick", {"completed": "true"}),
    ):
        assert signed_in.post(f"{TASKS}/{id}{act}", {**csrf, **fields}).status_code == 404
    assert "Secret" not in signed_in.open(TASKS).text


def test_a_tick_leads_to_no_other_site(signed_in: Surfer, anna: Person) -> None:
    signed_in.send(TASKS, title="Walk")
    path = f"{TASKS}/{tasks_of(signed_in.app, anna)[0]['id']}/tick"
    assert signed_in.send(path, TASKS, completed="true", next="//evil.example").location == "/console/account"


def test_many_tasks_are_paged_and_keep_the_filter(signed_in: Surfer, anna: Person) -> None:
    api = FlaskClient(signed_in.app)
    for number in range(51):
        api.post("/tasks", json={"title": f"Task {number:02}"}, headers=anna.headers)
    first = signed_in.open(f"{TASKS}?show=open")
    [older] = re.findall(r'href="(/console/tasks\?show=open&amp;cursor=[^"]*)"', first.text)
    assert "Task 00" in said(signed_in.open(older.replace("&amp;", "&")))


def test_a_guest_has_tasks_but_no_dogs(surfer: Surfer) -> None:
    surfer.send("/console/guest", "/console/signin")
    assert surfer.send(TASKS, title="Look around").status_code == 303
    assert "/console/dogs" not in surfer.open(TASKS).text
    assert surfer.open("/console/dogs").status_code == 403


def test_a_task_that_was_typed_when_the_session_ended_is_added_once(signed_in: Surfer, anna: Person) -> None:
    page = signed_in.open(TASKS)
    cookie = signed_in.cookie()
    signed_in.browser.delete_cookie("portero")
    again = signed_in.send(TASKS, page, title="Book the kennel")
    assert (again.status_code, "Your session has ended." in said(again)) == (403, True)
    resumed = signed_in.send("/console/signin", again, login=anna.user["username"], password="correct zebra battery")
    assert "Book the kennel" in said(resumed)
    for _ in range(2):
        assert signed_in.send(TASKS, resumed).location == TASKS
    assert [task["title"] for task in tasks_of(signed_in.app, anna)] == ["Book the kennel"]
    assert signed_in.cookie() != cookie
