"""More load than the machine can serve, and stops and restarts under load, on SQLite and PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.e2e.overload import Place, large_files, overload, restart_under_load, stop_under_load
from tests.support import emulators
from tests.support.databases import create_database
from tests.support.emulators import free_port
from tests.support.traffic import Traffic
from torture.runs import Rounds, Target

_SECONDS = 60.0
_USERS = 40


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: an overload, a stop, a restart and large files, on each store in turn."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        postgres = stack.enter_context(emulators.postgres())

        def place(store: str, name: str) -> Place:
            path = folder / name
            path.mkdir()
            return Place(store, path, create_database(postgres) if store == "PostgreSQL" else f"sqlite:///{path}/a.db")

        services = {}
        for store in ("SQLite", "PostgreSQL"):
            busy, port = place(store, store), free_port()
            service = stack.enter_context(busy.service(port))
            services[store] = busy, port, service.pid, busy.users(port, _USERS)

        def play(number: int, random: Random) -> Counter[str]:
            store = [*services][number % 2]
            match number // 2 % 4:
                case 0:
                    busy, port, pid, users = services[store]
                    return overload(busy, Traffic([port], users, random), pid, _SECONDS, is_alone=True)
                case 1:
                    return stop_under_load(place(store, f"{number}"), 10, random)
                case 2:
                    return restart_under_load(place(store, f"{number}"), 10, random)
                case _:
                    return large_files(place(store, f"{number}"), 4)

        yield Rounds(40, play)


LOAD = Target(
    "load",
    "Twice the load that the machine can serve is answered or refused as documented, and stops and restarts under load "
    "lose nothing",
    opened,
)
