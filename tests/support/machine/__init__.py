"""Random histories of accounts, sessions, dogs and jobs over HTTP, each step compared with a plain model."""

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from src.infrastructure.stores.portable import Store
from tests.support.invariants import broken_invariants
from tests.support.machine.dogs import DogMachine
from tests.support.working import Mailbox, RecordingQueue, Watch, run_now
from tests.support.world import Pictures, build, services_of

__all__ = ["play"]


def play(store: Store, name: str, number: int, *, histories: int, steps: int) -> Counter[str]:
    """Play random histories of up to ``steps`` steps on a store, and fail with the shortest one that breaks the model.

    No invariant may be broken at the end of a history, nor after its accounts were deleted. ``number`` decides the
    histories. ``name`` becomes part of the names in the store, and must be unused.
    """
    watch, queue, pictures = Watch(), RecordingQueue(), Pictures()
    app = build(store, clock=watch, queue=queue, pictures=pictures, mailer=Mailbox(), later=run_now)
    counts = Counter[str]()
    world = {"app": app, "store": store, "watch": watch, "queue": queue, "pictures": pictures}
    fields = {**world, "counts": counts, "prefix": name}
    machine = seed(number)(type("Machine", (DogMachine,), fields))
    limits = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=limits)
    watch.forward(timedelta(hours=1))
    while services_of(app).maintenance.sweep():
        pass  # until everything that was deleted is reconciled
    assert broken_invariants(store) == []
    return counts
