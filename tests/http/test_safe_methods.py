"""GET changes nothing (RFC 9110 section 9.2.1)."""

from flask import Flask

from src.infrastructure.stores.memory import MemoryStore
from tests.support.world import Client, Person, build, client_of, join, place
from tests.web.surfer import Surfer

API_PATHS = {
    "tasks": "/tasks/{id}",
    "files": "/api/files/{id}",
    "datasets": "/datasets/{id}",
    "dogs": "/api/dogs/{name}",
    "jobs": "/jobs/{id}",
    "webhooks": "/webhooks/{id}",
    "invitations": "/invitations/{id}",
    "keys": "/services/{id}",
    "users": "/users/{id}",
}
"""The path of an entity in the API, by its section of the console."""

RECORDED = {"/user/export", "/console/account/export"}
"""The paths of exports of personal data. Each one is an event, and changes nothing else."""


def paths_of(app: Flask, client: Client, person: Person) -> list[str]:
    """Return every path that has a GET, filled in with entities of the person."""
    paths = []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<path:", "<").replace("<", "{").replace(">", "}")
        section = path.split("/")[2] if path.startswith("/console/") else ""
        if "GET" not in (rule.methods or ()):
            continue
        if section in API_PATHS and "{" in path:
            id = place(client, person, "GET", API_PATHS[section]).rpartition("/")[2]
            path = path.replace("{id}", id).replace("{name}", id)
        elif section == "":
            path = place(client, person, "GET", path)
        paths.append(path.replace("{code}", "taken"))
    return paths


def test_a_get_of_any_route_or_page_changes_nothing_in_the_store() -> None:
    store = MemoryStore()
    app = build(store)
    client = client_of(app)
    root, browser = join(client, "admin"), Surfer(app)
    browser.sign_in(root.user["username"])
    served = 0
    paths = paths_of(app, client, root)
    for path in paths:
        before = {**store.documents}
        for answer in (client.get(path, headers=root.headers), browser.open(path)):
            served += answer.status_code == 200 and answer.data != b""
            answer.close()
        changed = [key for key in {**before, **store.documents} if before.get(key) != store.documents.get(key)]
        assert {name for name, _ in changed} == ({"events"} if path in RECORDED else set()), path
    assert served > 0.9 * len(paths) > 100
