"""The pages on which operators find people, and act on them."""

import csv
import json
import re
from collections import Counter
from datetime import timedelta
from itertools import chain, pairwise, product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.bootstrap.adapters import now
from src.domain.sign_ins import SignedIn, day_of
from src.domain.users import Standing, User
from src.domain.values import Page, Role, Username
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Document, Key, Query, Update
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import SIGN_INS
from tests.support.second_steps import give_phone
from tests.support.working import Watch
from tests.support.world import PASSWORD, Person, build, client_of, join, logged_in, registration, services_of
from tests.web.operators import HOSTILE, operator
from tests.web.surfer import PAGE, Surfer, forms_of, said

USERS = "/console/users"


@pytest.fixture(scope="module")
def app() -> Flask:
    return build()


@pytest.fixture(scope="module")
def admin(app: Flask) -> Surfer:
    return operator(app)[0]


@pytest.fixture
def ben(app: Flask) -> Person:
    return join(client_of(app), name="Ben")


def stored(app: Flask, person: Person) -> User:
    user = services_of(app).accounts.users.get(person.user["id"])
    assert user
    return user


# The list


def test_people_are_found_by_the_beginning_of_the_username_and_by_the_whole_address(admin: Surfer, ben: Person) -> None:
    name = ben.user["username"]
    for text in (name.upper()[:-1], ben.user["email"].upper()):
        assert f'href="{USERS}/{ben.user["id"]}"' in admin.open(f"{USERS}?q={text}").text
    for nobody in (name[1:], ben.user["email"][:-1], f"{name}&only=admin"):
        found = admin.open(f"{USERS}?q={nobody}")
        assert ben.user["id"] not in found.text
    assert "Nobody is found." in admin.open(f"{USERS}?q=zzz").text


def test_what_a_list_cannot_answer_is_a_problem_and_no_failure(admin: Surfer) -> None:
    for query in ("cursor=x", "only=king", "cursor=%00", "q=%00&q=2"):
        assert admin.open(f"{USERS}?{query}").status_code in (200, 400, 422)


def test_people_are_filtered_by_role_or_standing_and_by_their_name(app: Flask, admin: Surfer, ben: Person) -> None:
    name, row = ben.user["username"], f'href="{USERS}/{ben.user["id"]}"'
    give_phone(app, ben.user["id"])
    admin.send(f"{USERS}/{ben.user['id']}/disable")
    options = re.findall(r'<option value="([a-z0-9-]*)"', admin.open(USERS).text.partition("</select>")[0])
    assert {*options} == {"", *(role for role in Role if role is not Role.GUEST), *Standing, *SignedIn}
    for query in (f"q={name}", f"q={ben.user['email']}"):
        found = {only for only in options if row in admin.open(f"{USERS}?{query}&only={only}").text}
        assert found == {"", "user", "disabled", "unverified", "second-factor", *[*SignedIn][:3]}


def test_people_are_filtered_by_their_last_sign_in() -> None:
    watch = Watch()
    app = build(clock=watch)
    client = client_of(app)
    never = Person(client.post("/register", json=registration()).json, "")
    old = join(client)
    watch.forward(timedelta(days=85))
    recent = join(client)
    watch.forward(timedelta(days=6))
    admin, _ = operator(app)

    def found(query: str) -> list[str]:
        text = admin.open(f"{USERS}?{query}").text
        people = {each.user["id"]: each.user["username"] for each in (old, never, recent)}
        return [people[id] for id in re.findall(rf'href="{USERS}/(\w+)"><bdi>', text) if id in people]

    names = [each.user["username"] for each in (old, never, recent)]
    assert found("only=since-yesterday") == []
    assert found("only=last-7-days") == [names[2]]
    assert found("only=not-for-90-days") == [names[0]]
    assert found("only=no-sign-in") == [names[1]]
    for person, periods in ((old, ["not-for-90-days"]), (never, ["no-sign-in"])):
        for text in (person.user["username"], person.user["email"]):
            matches = [each for each in SignedIn if found(f"q={text}&only={each}")]
            assert matches == periods


class CountingStore(MemoryStore):
    """A store that counts the calls, and the documents that queries return."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = Counter[str]()

    def get(self, *keys: Any) -> list[Document | None]:
        self.calls["get"] += 1
        return super().get(*keys)

    def find(self, query: Query) -> Page[Document]:
        self.calls["find"] += 1
        found = super().find(query)
        self.calls["documents"] += len(found.items)
        return found


@pytest.mark.parametrize("path", [USERS, f"{USERS}?q=user", f"{USERS}?only=user", f"{USERS}?only=no-second-factor"])
def test_a_page_of_the_list_costs_the_same_with_very_many_users(path: str) -> None:
    costs = []
    for number in (60, 900):
        store = CountingStore()
        surfer, _ = operator(build(store))
        moment = now()
        people = [User.new(now=moment, username=Username.parse(f"user{each:06}")) for each in range(number)]
        Users(store).add_all(people)
        store.calls.clear()
        page = surfer.open(path)
        assert page.text.count('role="rowheader"') == 50
        second = re.findall(rf'href="({USERS}\?[^"]*cursor=[^"]*)"', page.text)[0]
        assert surfer.open(second.replace("&amp;", "&")).text.count('role="rowheader"') >= 10
        costs.append({**store.calls, "documents": min(store.calls["documents"], 60)})
    assert costs[0] == costs[1]


def test_a_list_is_exported_with_its_filter(admin: Surfer, ben: Person) -> None:
    answer = admin.open(f"{USERS}/export?q={ben.user['username']}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="users.jsonl"'
    assert [json.loads(line)["id"] for line in answer.text.splitlines()] == [ben.user["id"]]
    assert admin.open(f"{USERS}/export?cursor=x").status_code == 200
    assert admin.open(f"{USERS}/export?only=x").status_code == 422


def test_an_export_is_sent_while_the_rest_is_read() -> None:
    store = CountingStore()
    surfer, _ = operator(build(store))
    Users(store).add_all([User.new(now=now(), username=Username.parse(f"user{each:06}")) for each in range(1100)])
    store.calls.clear()
    answer = surfer.open(f"{USERS}/export", buffered=False)
    lines = iter(answer.response)
    assert b'"username"' in next(lines)
    assert store.calls["documents"] <= 500
    assert 1 + sum(1 for _ in lines) == 1101


@pytest.mark.parametrize(("period", "days"), [(SignedIn.LAST_7_DAYS, 7), (SignedIn.NOT_FOR_90_DAYS, 91)])
def test_a_list_by_last_sign_in_that_began_before_midnight_goes_on_after_it(period: SignedIn, days: int) -> None:
    """The users in the list signed in on the day that enters or leaves the period at midnight."""
    watch, store = Watch(), MemoryStore()
    surfer, _ = operator(build(store, clock=watch))
    people = [User.new(now=watch(), username=Username.parse(f"user{each:06}")) for each in range(600)]
    Users(store).add_all(people)
    for start in range(0, 600, 200):
        signed_in = {"day": day_of(watch()) - timedelta(days=days)}
        store.commit(*(Update(Key(SIGN_INS, each.id), signed_in) for each in people[start : start + 200]))
    half_a_day = timedelta(hours=12)
    for query in (f"only={period}", f"q=user&only={period}"):
        first = surfer.open(f"{USERS}?{query}")
        export = iter(surfer.open(f"{USERS}/export?{query}", buffered=False).response)
        found: list[Any] = [next(export)]
        watch.forward(half_a_day)
        [more] = re.findall(r'href="([^"]*cursor=[^"]*)" rel="next"', first.text)
        second = surfer.open(more.replace("&amp;", "&"))
        shown = [{*re.findall(rf'href="{USERS}/(\w+)"><bdi>', each.text)} for each in (first, second)]
        assert [len(each) for each in shown] == [50, 50]
        assert not shown[0] & shown[1]
        found += export
        names = {json.loads(line)["username"] for line in found}
        assert names >= {each.username.display for each in people if each.username}
        watch.forward(-half_a_day)


@pytest.mark.parametrize("day", ["", "x", "2030-01-32", "2030-01-02", "0001-01-01", "9999-12-31", "2030-01-01T00:00"])
def test_a_cursor_of_a_list_by_last_sign_in_is_refused_with_another_day(day: str) -> None:
    store = MemoryStore()
    surfer, _ = operator(build(store, clock=Watch()))
    people = [User.new(now=now(), username=Username.random()) for _ in range(60)]
    Users(store).add_all(people)
    store.commit(*(Update(Key(SIGN_INS, each.id), {"day": day_of(Watch()())}) for each in people))
    [cursor] = re.findall(r'cursor=([^"&]*)" rel="next"', surfer.open(f"{USERS}?only=last-7-days").text)
    assert surfer.open(f"{USERS}?only=last-7-days&cursor={cursor}").status_code == 200
    forged = f"{day}.{cursor.partition('.')[2]}"
    assert surfer.open(f"{USERS}?only=last-7-days&cursor={forged}").status_code == 422
    assert surfer.open(f"{USERS}?only=last-7-days&cursor={cursor.partition('.')[2]}").status_code == 422


def test_a_list_is_exported_as_csv_in_which_no_text_becomes_a_formula(app: Flask, admin: Surfer, ben: Person) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", 'Ana "Æ", b']
    for name, last_name in pairwise(names):
        client_of(app).put("/user", json={"name": name, "last_name": last_name}, headers=ben.headers)
        answer = admin.open(f"{USERS}/export?q={ben.user['username']}&format=csv")
        [row] = csv.DictReader(answer.data.decode("utf-8-sig").splitlines())
        assert row.keys() == ben.user.keys()
        assert (row["name"], row["last_name"]) == (f"'{name}", last_name if last_name[0] == "A" else f"'{last_name}")
    assert (row["id"], row["disabled"], row["metadata"]) == (ben.user["id"], "false", "")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="users.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"


def test_no_text_becomes_a_formula_where_semicolons_or_tabs_separate_the_cells(
    app: Flask, admin: Surfer, ben: Person
) -> None:
    names = ["x;=1+1;@A1; -1", """x;"=cmd|'/C calc'!A0;y""", 'x;" "+1', 'x; ""-1']
    for separator, name in product(";\t", names):
        metadata = {"a": 1, "b": f"x{separator}=1+1;y"}
        client_of(app).put("/user", json={"name": name, "metadata": metadata}, headers=ben.headers)
        text = admin.open(f"{USERS}/export?q={ben.user['username']}&format=csv").data.decode("utf-8-sig")
        cells = chain.from_iterable(csv.reader(text.splitlines(), delimiter=separator))
        assert not [cell for cell in cells if cell.strip(' "').startswith(("=", "+", "-", "@"))]


# Acts


def test_a_person_is_added_and_errors_keep_what_was_typed(app: Flask, admin: Surfer, ben: Person) -> None:
    typed = {"username": f"new{ben.user['username']}", "email": "x", "name": "Nina", "role": "uploader"}
    refused = admin.send(f"{USERS}/new", **typed)
    assert (refused.status_code, forms_of(refused)[f"{USERS}/new"]["name"]) == (422, "Nina")
    taken = admin.send(f"{USERS}/new", **{**typed, "email": ben.user["email"]})
    assert taken.status_code == 409
    added = admin.send(f"{USERS}/new", **{**typed, "email": f"new-{ben.user['email']}"})
    assert typed["username"] in admin.open(added.location).text
    user = services_of(app).accounts.users.get(added.location.split("/")[-1].partition("?")[0])
    assert user
    assert (user.role, user.name) == (Role.UPLOADER, "Nina")


def test_a_person_is_disabled_and_enabled(app: Flask, admin: Surfer, ben: Person) -> None:
    path = f"{USERS}/{ben.user['id']}"
    asking = admin.open(f"{path}/disable")
    assert f"Disable {ben.user['username']}?" in said(asking)
    done = admin.send(f"{path}/disable", asking)
    assert done.location == f"{path}?done=disable"
    assert "all its sessions have ended" in said(admin.open(done.location))
    assert client_of(app).get("/user", headers=ben.headers).status_code == 401
    assert stored(app, ben).disabled
    assert admin.send(f"{path}/enable").status_code == 303
    assert not stored(app, ben).disabled


def test_sessions_are_ended_one_by_one_and_all_at_once(app: Flask, admin: Surfer, ben: Person) -> None:
    api, path = client_of(app), f"{USERS}/{ben.user['id']}"
    page = admin.open(path)
    assert admin.send(f"{path}/sessions/{ben.session}/end", page).location == f"{path}?done=session"
    assert api.get("/user", headers=ben.headers).status_code == 401
    again = logged_in(api, ben)
    other = join(api)
    fields = {"csrf": forms_of(page)["/console/signout"]["csrf"]}
    assert admin.post(f"{path}/sessions/{other.session}/end", fields).status_code == 404
    assert api.get("/user", headers=other.headers).status_code == 200
    assert admin.send(f"{path}/end-sessions").status_code == 303
    assert api.get("/user", headers=again.headers).status_code == 401
    assert "All sessions were ended" in said(admin.open(path))


def test_a_role_is_changed_and_the_last_admin_stays(ben: Person) -> None:
    app = build()
    surfer, admin = operator(app)
    anna = join(client_of(app))
    path = f"{USERS}/{anna.user['id']}/role"
    assert surfer.send(path, role="auditor").status_code == 303
    assert stored(app, anna).role is Role.AUDITOR
    assert surfer.send(path, role="king").status_code == 422
    own = f"{USERS}/{admin.user['id']}"
    for act, fields in (("role", {"role": "user"}), ("disable", {}), ("delete", {"confirm": admin.user["username"]})):
        refused = surfer.send(f"{own}/{act}", **fields)
        assert (refused.status_code, "This is the last admin" in said(refused)) == (409, True)


def test_an_act_that_cannot_be_undone_needs_the_typed_name(app: Flask, admin: Surfer, ben: Person) -> None:
    give_phone(app, ben.user["id"])
    path, name = f"{USERS}/{ben.user['id']}", ben.user["username"]
    for act in ("reset-factors", "delete"):
        refused = admin.send(f"{path}/{act}", confirm="somebody")
        assert (refused.status_code, "Type the name as it is shown." in said(refused)) == (422, True)
    assert admin.send(f"{path}/reset-factors", confirm=name).status_code == 303
    assert not stored(app, ben).factors
    assert admin.send(f"{path}/delete", confirm=name).location == f"{USERS}?done=user-deleted"
    assert admin.open(path).status_code == 404


def test_names_that_changed_meanwhile_are_shown_beside_what_was_typed(app: Flask, admin: Surfer, ben: Person) -> None:
    path = f"{USERS}/{ben.user['id']}"
    page = admin.open(path)
    assert FlaskClient(app).put("/user", json={"name": "Benjamin"}, headers=ben.headers).status_code == 200
    stale = admin.send(path, page, name="Benito")
    assert (stale.status_code, "Stored now: Benjamin" in said(stale)) == (412, True)
    assert admin.send(path, stale).status_code == 303
    assert stored(app, ben).name == "Benito"


def test_several_people_are_shown_first_and_then_disabled_but_for_the_last_admin() -> None:
    app = build()
    surfer, admin = operator(app)
    ben = join(client_of(app))
    chosen = {f"user-{person.user['id']}": "on" for person in (admin, ben)}
    preview = surfer.send(f"{USERS}/several", USERS, act="disable", **chosen)
    assert "Disable these people?" in said(preview)
    assert not stored(app, ben).disabled
    done = surfer.send(f"{USERS}/several", preview)
    assert "Done for 1 of 2." in said(done)
    assert "This is the last admin" in said(done)
    assert (stored(app, ben).disabled, stored(app, admin).disabled) == (True, False)
    for fields in ({"act": "delete", "confirmed": "yes"}, {"act": "enable"}, {}):
        assert surfer.send(f"{USERS}/several", USERS, **{**chosen, **fields}).status_code in (200, 422)
    assert stored(app, ben).disabled


# Who may


def test_acts_ask_admins_with_a_factor_for_it_first() -> None:
    watch = Watch()
    app = build(clock=watch)
    surfer, admin = operator(app)
    ben = join(client_of(app))
    give_phone(app, admin.user["id"])
    path = f"{USERS}/{ben.user['id']}"
    for act, fields in (
        ("disable", {}),
        ("role", {"role": "admin"}),
        ("end-sessions", {}),
        ("delete", {"confirm": ben.user["username"]}),
    ):
        asked = surfer.send(f"{path}/{act}", **fields)
        assert (asked.status_code, "Confirm that it is you" in asked.text) == (403, True), act
    assert stored(app, ben).role is Role.USER
    assert not stored(app, ben).disabled


def test_an_admin_whose_role_needs_two_factors_proves_them_before_any_page_is_shown() -> None:
    app = build(settings={"mfa_roles": "admin"})
    surfer, admin = operator(app)
    give_phone(app, admin.user["id"])
    assert surfer.open(USERS).location == "/console/step-up?next=%2Fconsole%2Fusers"
    assert USERS not in surfer.open("/console/account").text


def test_auditors_see_the_pages_without_the_acts(app: Flask, ben: Person) -> None:
    surfer, _ = operator(app, "auditor")
    path = f"{USERS}/{ben.user['id']}"
    for page in (USERS, path):
        shown = surfer.open(page)
        assert shown.status_code == 200
        assert {action for action, fields in forms_of(shown).items() if "csrf" in fields} == {"/console/signout"}
        assert not re.findall(rf'href="{path}/', shown.text)
    csrf = forms_of(surfer.open(USERS))["/console/signout"]["csrf"]
    for act in ("", "/disable", "/delete", "/role", f"/sessions/{ben.session}/end"):
        assert surfer.post(path + act, {"csrf": csrf, "role": "admin", "revision": "x"}).status_code == 403
    assert client_of(app).get("/user", headers=ben.headers).json == ben.user


def test_members_learn_nothing_from_the_pages_of_operators(app: Flask, ben: Person) -> None:
    surfer = Surfer(app)
    surfer.sign_in(ben.user["username"])
    other = join(client_of(app), name="Zebulon")
    csrf = forms_of(surfer.open("/console/account"))["/console/signout"]["csrf"]
    path = f"{USERS}/{other.user['id']}"
    for answer in (
        surfer.open(USERS),
        surfer.open(path),
        surfer.open(f"{USERS}/export"),
        surfer.post(f"{path}/role", {"csrf": csrf}),
    ):
        assert answer.status_code == 403
        assert other.user["username"] not in answer.text
    assert USERS not in surfer.open("/console/account").text


def test_there_are_no_pages_for_operators_unless_they_are_on(ben: Person) -> None:
    app = build(console_admin=False)
    surfer, admin = operator(app)
    for answer in (surfer, Surfer(app)):
        assert answer.open(USERS).status_code == 404
        assert answer.post(f"{USERS}/{admin.user['id']}/disable", {}).status_code == 404
        for method in ("OPTIONS", "POST", "PUT"):
            assert answer.browser.open(USERS, method=method, headers=PAGE).status_code == 404
    assert USERS not in surfer.open("/console/account").text
    assert surfer.open("/console/").location == "/console/account"


def test_the_console_begins_with_the_users_for_operators(admin: Surfer) -> None:
    assert admin.open("/console/").location == USERS


def test_what_people_write_is_text_on_the_pages_of_operators(app: Flask, admin: Surfer) -> None:
    api = FlaskClient(app)
    ben = join(client_of(app), name=HOSTILE, last_name='"><img src=x onerror=alert(1)>')
    api.patch("/user", json={"metadata": {HOSTILE: f"{HOSTILE}{{{{ 1234567 * 2 }}}}"}}, headers=ben.headers)
    login = {"username": ben.user["username"], "password": PASSWORD}
    api.post("/login", json=login, headers={"User-Agent": HOSTILE})
    path = f"{USERS}/{ben.user['id']}"
    pages = (f"{USERS}?q={ben.user['username']}", path, f"{path}/delete", "/console/events", f"{USERS}?q={HOSTILE}")
    for page in pages:
        shown = admin.open(page)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
        assert "<img" not in shown.text
        assert "2469134" not in shown.text
