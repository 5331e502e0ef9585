"""Kills a process during an act, lets another process repair the store, and checks every invariant."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic
from uuid import uuid4

from src.bootstrap import adapters
from src.domain.values import Role
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.registry import store_class
from src.interfaces.services import Services
from src.settings import Settings
from tests.e2e.firebase import PASSWORD, Firebase
from tests.e2e.mortal import Mortal, Outcome, Place, Request, copy_into, import_users, told
from tests.e2e.wiring import Client, OnePicture, firebase_settings, wire
from tests.support.aws import open_dynamodb
from tests.support.invariants import broken_invariants
from tests.support.working import RecordingQueue

_CSV = "id,name\n1,Ann\n2,\n"
_IMPORTED = 60
"""The users of an import: more than one commit of some stores can hold."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A store that remains when a process is killed, and another process that works on it."""

    place: Place
    store: Store
    client: Client
    importer: Services
    """The services with IDENTITY=local, which import users."""
    firebase: Firebase
    mortal: Mortal
    copied: str
    """The URL of a store that copies are made of."""
    new_store: Callable[[], str]
    """A function that returns the URL of an empty store, of the same kind as that of the scene."""

    def join(self, name: str | None = None, address: str | None = None) -> str:
        """Register a user, and return the access token."""
        name = name or new_name()
        assert self.client.register(name, address or new_address(), PASSWORD).status_code == 201
        token = self.client.log_in(name, PASSWORD)
        assert token
        return token

    def repair(self) -> float:
        """Run the periodic tasks of the remaining processes for some minutes, and return the seconds that it takes."""
        start, services = monotonic(), self.client.services
        for _ in range(2):  # a deletion that one reconciliation discovers is completed by the next
            services.accounts.accounts.reconcile(timedelta(0))
        services.files.objects.reconcile(timedelta(0))
        services.datasets.objects.reconcile(timedelta(0))
        runner = replace(services.jobs.runner, clock=_later)
        while due := services.jobs.jobs.due(_later()).items:
            for job in due:
                runner.run(job.id)
        return monotonic() - start

    def broken(self, known: set[str]) -> list[str]:
        """Return the broken invariants.

        Accounts at Firebase that are ``known``, and those that tests in other processes create, belong to other stores.
        """

        def addresses_of(ids: Sequence[str]) -> Mapping[str, str]:
            own = {*ids}
            found = self.firebase.addresses().items()
            return {id: at for id, at in found if id in own or (id not in known and at.endswith(_DOMAIN))}

        blobs = Path(self.place.folder) / "blobs"
        objects = {f"{each.parent.name}/{each.name}" for each in blobs.glob("[!.]*/*") if each.is_file()}
        return broken_invariants(self.store, objects=objects, addresses_of=addresses_of)


def open_store(url: str) -> Store:
    """Return the store at a URL. It waits for longer than the service would, because a busy machine is slow."""
    if url.startswith("dynamodb://"):
        return open_dynamodb(url.rpartition("/")[2])
    return store_class(url).open(url, pool_size=adapters.THREADS)


def open_scene(place: Place, firebase: Firebase, mortal: Mortal, *, copied: str, new_store: Callable[[], str]) -> Scene:
    """Return a scene at a place whose store is prepared. The caller closes the store of the scene."""
    settings, queue = settings_at(place), RecordingQueue()
    store = open_store(settings.store_url)
    services = wire(settings, store=store, queue=queue, pictures=OnePicture())
    importer = wire(settings.model_copy(update={"identity": "local"}), store=store, queue=queue)
    return Scene(place, store, Client(services), importer, firebase, mortal, copied, new_store)


def settings_at(place: Place) -> Settings:
    """Return the settings of a process at a place."""
    return firebase_settings(
        Path(place.folder), place.store, firestore_project=place.firestore_project, auth_project=place.auth_project
    )


def _later() -> datetime:
    return adapters.now() + timedelta(minutes=1)


_DOMAIN = f"@{uuid4().hex[:12]}.example.com"


def new_name() -> str:
    """Return a unique username."""
    return f"u{uuid4().hex[:20]}"


def new_address() -> str:
    """Return a unique address, whose domain belongs to this process."""
    return f"{uuid4().hex}{_DOMAIN}"


Check = Callable[[Outcome], None]
"""A function that fails if what was acknowledged is not there, or if there is more than was asked for."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A request during which a process is killed."""

    request: Request
    check: Check
    store: str = ""
    """The URL of the store that the process works on, if that is not the one of the scene."""


Act = Callable[[Scene], Trial]


def _register(scene: Scene) -> Trial:
    name, address = new_name(), new_address()

    def check(outcome: Outcome) -> None:
        there = scene.client.log_in(name, PASSWORD)
        assert outcome.status in (201, None)
        assert there or outcome.status is None
        if not there:
            scene.join(name, address)

    body = {"username": name, "email": address, "password": PASSWORD}
    return Trial(Request(method="POST", path="/register", body=body), check)


def _rename(scene: Scene) -> Trial:
    old, new = (new_name(), new_address()), (new_name(), new_address())
    token = scene.join(*old)

    def check(outcome: Outcome) -> None:
        shown = scene.client.call("GET", "/user", token).get_json()
        kept = shown["username"], shown["email"]
        assert outcome.status in (200, None)
        assert kept == new or (kept == old and outcome.status is None)
        scene.join(*(old if kept == new else new))

    body = {"username": new[0], "email": new[1]}
    return Trial(Request(method="PUT", path="/user", token=token, body=body), check)


def _delete(scene: Scene) -> Trial:
    name, address = new_name(), new_address()
    token = scene.join(name, address)
    assert scene.client.call("POST", "/tasks", token, title="Water the plants").status_code == 201
    assert scene.client.call("POST", f"/api/dogs/{new_name()}", token).status_code == 201
    assert scene.client.upload(token, b"content").status_code == 202

    def check(outcome: Outcome) -> None:
        status = scene.client.call("GET", "/user", token).status_code
        assert outcome.status in (204, None)
        assert status == 401 or (status == 200 and outcome.status is None)
        if status == 401:
            scene.join(name, address)

    return Trial(Request(method="DELETE", path="/user", token=token, body={}), check)


def _mail(scene: Scene) -> Trial:
    address = new_address()
    token = scene.join(address=address)

    def check(outcome: Outcome) -> None:
        caught = scene.client.services.caught_mails
        assert caught
        assert outcome.status in (202, None)
        assert outcome.status is None or address in [each.to.address for each in caught()]

    return Trial(Request(method="POST", path="/auth/email/verify", token=token, body={}), check)


def _mail_job(scene: Scene) -> Trial:
    mail = _mail(scene)
    assert scene.client.call(mail.request.method, mail.request.path, mail.request.token).status_code == 202
    queue = scene.client.services.jobs.queue
    assert isinstance(queue, RecordingQueue)
    return Trial(Request(method="RUN", path=queue.sent[-1], body={}), lambda _: mail.check(Outcome([], 202)))


def _dog(scene: Scene) -> Trial:
    path = f"/api/dogs/{new_name()}"
    request = Request(method="POST", path=path, token=scene.join(), body={})

    def check(outcome: Outcome) -> None:
        status = scene.client.call("GET", path).status_code
        assert outcome.status in (201, None)
        assert status == 200 or (status == 404 and outcome.status is None)

    return Trial(request, check)


def _picture(scene: Scene) -> Trial:
    name = new_name()
    assert scene.client.call("POST", f"/api/dogs/{name}", scene.join()).status_code == 201

    def check(_: Outcome) -> None:
        assert scene.client.call("GET", f"/api/dogs/{name}").get_json()["picture"]

    return Trial(Request(method="RUN", path=scene.client.services.dogs.show(name).job_id, body={}), check)


def _file(scene: Scene) -> Trial:
    token = scene.join()

    def check(outcome: Outcome) -> None:
        found = len(scene.client.call("GET", "/api/files", token).get_json())
        assert outcome.status in (202, None)
        assert found == 1 or (found == 0 and outcome.status is None)

    return Trial(Request(method="UPLOAD", path="/api/files", token=token, body={"content": uuid4().hex}), check)


def _dataset(scene: Scene) -> Trial:
    token, services = scene.join(), scene.client.services
    id = scene.client.call("GET", "/user", token).get_json()["id"]
    services.accounts.accounts.users.update(id, lambda user: replace(user, role=Role.UPLOADER))

    def check(outcome: Outcome) -> None:
        found = len(services.datasets.objects.records.list_all_for_user(id).items)
        assert outcome.status in (201, None)
        assert found == 1 or (found == 0 and outcome.status is None)

    body = {"content": _CSV, "name": "People"}
    return Trial(Request(method="UPLOAD", path="/datasets", token=token, body=body), check)


def _import(scene: Scene) -> Trial:
    names = [new_name() for _ in range(_IMPORTED)]

    def check(outcome: Outcome) -> None:
        plan = import_users(scene.importer, names)
        assert plan.refused == []
        assert plan.present + len(plan.new) == _IMPORTED
        assert outcome.status is None or plan.new == []
        assert import_users(scene.importer, names).present == _IMPORTED

    return Trial(Request(method="IMPORT", body={"names": names}), check)


def _copy(scene: Scene) -> Trial:
    target = scene.new_store()
    store_class(target).prepare(target)

    def check(outcome: Outcome) -> None:
        with closing(open_store(target)) as store:
            copy = copy_into(store, scene.copied)
        for name, source, copied in copy.results():
            assert (source.count, source.checksum) == (copied.count, copied.checksum), name

    return Trial(Request(method="COPY", path=scene.copied, body={}), check, target)


ACTS: Mapping[str, tuple[Act, int, float]] = {
    "register": (_register, 7, 0.3),
    "rename": (_rename, 7, 0.3),
    "delete": (_delete, 28, 0.6),
    "mail": (_mail, 3, 0.2),
    "mail job": (_mail_job, 5, 0.2),
    "dog": (_dog, 3, 0.2),
    "picture": (_picture, 9, 0.2),
    "file": (_file, 7, 0.3),
    "dataset": (_dataset, 12, 0.6),
    "import": (_import, 6, 0.6),
    "copy": (_copy, 15, 0.6),
}
"""The acts during which a process is killed, each with its approximate number of steps and its longest seconds."""


def kill(scene: Scene, store: str, name: str, random: Random) -> Counter[str]:
    """Kill an act at a random step or moment, repair the store, and assert that nothing is broken or lost.

    Return how the process ended (killed, finished before that, or answered 503) and the time of the repair.
    """
    known = {*scene.firebase.addresses()}
    act, steps, seconds = ACTS[name]
    trial = act(scene)
    place = replace(scene.place, store=trial.store or scene.place.store)
    if random.random() < 0.5:
        outcome = scene.mortal.carry_out(place, trial.request, die_at=random.randint(1, steps))
    else:
        outcome = scene.mortal.carry_out(place, trial.request, die_after=random.uniform(0, seconds))
    end = {None: "killed", 503: "answered 503"}.get(outcome.status, "ended first")
    if outcome.status == 503:  # an emulator was too slow, on a busy machine
        outcome = replace(outcome, status=None)
    repaired = scene.repair()
    with told([name, *outcome.steps, f"status {outcome.status}"]):
        broken = scene.broken(known)
        assert broken == [], broken
        trial.check(outcome)
    within = next((f"{bound:g} s" for bound in (0.1, 1, 10) if repaired < bound), "more")
    return Counter({end: 1, f"repaired within {within}": 1, f"{name} | {store} | {end}": 1})


def fill(scene: Scene) -> None:
    """Store something of every kind, for copies."""
    for name, (act, _, _) in ACTS.items():
        if name != "copy":
            act(scene)
    import_users(scene.importer, [new_name() for _ in range(_IMPORTED)])
    scene.repair()
