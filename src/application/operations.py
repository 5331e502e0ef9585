"""What every running process does in the background, and the check of its store."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from src.application.accounts import RECONCILE_AFTER, AccountSaga
from src.application.ports import Clock, StoreMaintenance
from src.application.stored_objects import ObjectLifecycle
from src.domain.datasets import Dataset
from src.domain.errors import PorteroError
from src.domain.files import File

_log = logging.getLogger("portero.operations")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsService:
    """Cleans up after crashes and expiry, and checks the store."""

    saga: AccountSaga
    files: ObjectLifecycle[File]
    datasets: ObjectLifecycle[Dataset]
    store: StoreMaintenance
    clock: Clock

    def check_store(self) -> None:
        """Raise Unavailable when the store cannot be read."""
        self.store.ping()

    def reconcile_accounts(self, older_than: timedelta = RECONCILE_AFTER) -> int:
        """Finish or undo the account changes that crashes interrupted; return how many accounts."""
        return self.saga.reconcile(older_than)

    def sweep(self) -> int:
        """Finish or undo what crashes interrupted and remove what has expired; return how many records changed."""
        steps: tuple[Callable[[], int], ...] = (
            self.saga.reconcile,
            self.saga.purge_guests,
            self.files.reconcile,
            self.datasets.reconcile,
            lambda: self.store.remove_expired(self.clock()),
        )
        return sum(map(_result, steps))


def _result(step: Callable[[], int]) -> int:
    """Run a step and return its result. Log an error instead of raising it, so that the other steps still run."""
    try:
        return step()
    except PorteroError as error:
        _log.warning("left to the next sweep: %s", error.__cause__ or error)
        return 0
