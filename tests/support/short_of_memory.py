"""Checks passwords in a process that has too little memory for their hashes, and prints the outcomes as JSON.

The process limits its own memory, so that a test starts it as ``python -m tests.support.short_of_memory``.
"""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher

from src.domain.errors import PorteroError
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.identity.foreign_hashes import accept
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from tests.support.working import NOON
from tests.support.world import PASSWORD, build, client_of, join, log_in, registration, services_of

LARGE = PasswordHasher(time_cost=1, memory_cost=64 << 10, parallelism=1)
ANOTHER = "another zebra battery"
SALT = "c2FsdHNhbHRzYWx0"
KEY = SALT * 5 + "c2FsdA=="  # 64 bytes
HASHES = {
    "argon2": accept(LARGE.hash(PASSWORD)),
    # Each of these hashes needs 64 MiB, and matches no password.
    "scrypt": accept(f"$scrypt$ln=16,r=8,p=1${SALT}$" + "A" * 43),
    "firebase": f"firebase-scrypt$8$16${KEY}${SALT}${SALT}${KEY}",
    # This one needs little memory, and four threads.
    "threads": f"$argon2id$v=19$m=32,t=1,p=4${SALT}$" + "A" * 43,
}


@contextmanager
def spare_memory(mebibytes: int) -> Iterator[None]:
    """Let the process allocate ``mebibytes`` more memory."""
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (mebibytes << 20), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


def main() -> None:
    """Log in eleven times, once more than wrong passwords are allowed, and check hashes of other systems."""
    store = MemoryStore()
    hasher = Argon2Hasher(LARGE, at_once=4)
    app = build(store, hasher=hasher, limiter=StoreLimiter(store, lambda: NOON))
    client = client_of(app)
    ada = join(client)
    user = services_of(app).mails.users.get(ada.user["id"])
    assert user

    def outcome(kept: str) -> str:
        try:
            return str(hasher.verify(kept, PASSWORD))
        except PorteroError as error:
            return type(error).__name__

    said: dict[str, object] = {}
    with spare_memory(4):
        said["threads"] = outcome(HASHES["threads"])
    with spare_memory(32):
        said["known"] = [log_in(client, ada).status_code for _ in range(11)]
        said["wrong"] = log_in(client, ada, ANOTHER).status_code
        said["unknown"] = client.post("/login", json={"username": "nobody", "password": PASSWORD}).status_code
        said["register"] = client.post("/register", json=registration()).status_code
        said |= {name: outcome(HASHES[name]) for name in ("argon2", "scrypt", "firebase")}
    said["later"] = [log_in(client, ada).status_code, log_in(client, ada, ANOTHER).status_code]
    said |= {f"{name} later": outcome(kept) for name, kept in HASHES.items()}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
