"""Fills a fresh development store with sample users of each role, and with sample data."""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from shlex import quote

from src.application.datasets import DatasetDetails, IncomingDataset
from src.application.files import IncomingFile
from src.bootstrap.prepare import prepare
from src.bootstrap.wiring import wire
from src.domain.sessions import Proof
from src.domain.users import Profile, User
from src.domain.values import Role, Username
from src.infrastructure.identity.addresses import parse_address
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings

_FILES = Path(__file__).parent
_PEOPLE: list[tuple[str, str, str, Role]] = [
    ("root", "Rita", "Root", Role.ADMIN),
    ("ursula", "Ursula", "Upload", Role.UPLOADER),
    ("audrey", "Audrey", "Audit", Role.AUDITOR),
    ("anna", "Anna", "Ruiz", Role.USER),
    ("ben", "Ben", "Soto", Role.USER),
]
_TASKS = {
    "anna": [("Walk the dog", False), ("Buy dog food", True), ("Call the vet", False)],
    "ben": [("Read the report on customers.csv", False)],
}
_DOGS = [("Rex", "anna", False), ("Luna", "anna", True), ("Toby", "ben", True)]


@dataclass(slots=True)
class ShippedPictures:
    """A source of three pictures as data URLs, so that the demo needs no internet. Implements PictureSource."""

    urls: Iterator[str] = field(default_factory=lambda: cycle(map(_data_url, sorted(_FILES.glob("*.svg")))))

    def fetch(self) -> str:
        """Return the next picture."""
        return next(self.urls)

    def check(self, url: str) -> str:
        """Return the URL unchanged."""
        return url


@dataclass(slots=True)
class RecordedJobs:
    """A queue that records the ids of jobs, which ``fill`` runs when all data is stored. Implements JobQueue."""

    ids: list[str] = field(default_factory=list)

    def send(self, job_id: str, delay: float = 0) -> None:
        """Record the id of a job."""
        self.ids.append(job_id)

    def notify(self, job_id: str) -> None:
        """Record the id of a job."""
        self.ids.append(job_id)

    def check(self) -> None:
        """Do nothing: there is no broker."""

    def close(self, timeout: float) -> bool:
        """Return True, because no job is running."""
        return True


def fill(settings: Settings) -> list[str]:
    """Fill the store of the settings. Return the lines to print: who can log in, and what to try.

    Raises ConfigurationError in production, for a store that is lost when the process ends, and for a store that has
    users.
    """
    if settings.production:
        raise ConfigurationError("APP_ENV: the demo makes accounts that share a password, so production has no demo")
    if settings.is_ephemeral:
        raise ConfigurationError("STORE_URL: memory:// loses the demo at once; leave STORE_URL out to use SQLite")
    prepare(settings.model_copy(update={"admin_email": None, "admin_password": None}))
    queue = RecordedJobs()
    settings = settings.model_copy(update={"job_delay_seconds": 0, "file_relay_url": None})
    services = wire(settings, pictures=ShippedPictures(), queue=queue)
    if services.administration.list_users(limit=1).items:
        if "store_url" in settings.model_fields_set:
            raise ConfigurationError("STORE_URL: the store has users already; name another one")
        raise ConfigurationError(f"DATA_DIR: the store in {settings.data_dir} has users already; name another folder")
    password = f"demo-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    people = {person[0]: _add_person(services, password, *person) for person in _PEOPLE}
    _add_data(services, people)
    for job_id in queue.ids:
        services.jobs.runner.run(job_id)
    return _instructions(settings, password)


def _add_person(services: Services, password: str, name: str, first: str, last: str, role: Role) -> User:
    address = parse_address(f"{name}@demo.test")
    profile = Profile(username=Username.parse(name), email=address, name=first, last_name=last, role=role)
    return services.directory.add(profile, services.rules.passwords.check(password, name, address.address))


def _add_data(services: Services, people: dict[str, User]) -> None:
    for name, tasks in _TASKS.items():
        for title, completed in tasks:
            services.tasks.add(people[name], {"title": title, "completed": completed})
    for dog, owner, is_adopted in _DOGS:
        caller = services.authentication.caller(people[owner], None, Proof((), people[owner].created_at))
        services.dogs.add(caller, dog, is_adopted, None)
    content = (_FILES / "vaccinations.txt").read_bytes()
    services.files.add(people["anna"], IncomingFile("vaccinations.txt", "text/plain", [content]))
    for file in sorted(_FILES.glob("*.csv")):
        details = partial(DatasetDetails, file.stem.title())
        services.datasets.add(people["ursula"], IncomingDataset(file.name, [file.read_bytes()], details))


def _data_url(file: Path) -> str:
    return f"data:image/svg+xml;base64,{b64encode(file.read_bytes()).decode()}"


def _instructions(settings: Settings, password: str) -> list[str]:
    address = f"http://localhost:{settings.port}"
    folder = f"DATA_DIR={quote(str(settings.data_dir))} " if "data_dir" in settings.model_fields_set else ""
    return [
        f"Everybody's password is {password}",
        "",
        *(f"  {name:<8} {role.value:<9} {first} {last}, {name}@demo.test" for name, first, last, role in _PEOPLE),
        "",
        f"Start the service with `{folder}make run`, and try:",
        "",
        f"  {address}/docs    Authorize with a name from above",
        f"  {address}/api/dogs    three dogs with pictures",
        "  GET /tasks as anna; GET /users as root",
        "  GET /datasets as ursula: four files with planted errors, two of them in Spanish",
    ]
