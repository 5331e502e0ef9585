"""What running processes do by themselves, and what tells an operator that they can."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from src.application.accounts import RECONCILE_AFTER, AccountSaga
from src.application.datasets import DatasetService
from src.application.files import FileService
from src.application.ports import Clock, StoreMaintenance
from src.domain.errors import PorteroError

_log = logging.getLogger("portero.operations")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsService:
    """Clean up after crashes and expiry, and check the store."""

    saga: AccountSaga
    files: FileService
    datasets: DatasetService
    store: StoreMaintenance
    clock: Clock

    def check_store(self) -> None:
        """Raise Unavailable when the store cannot be read."""
        self.store.ping()

    def reconcile_accounts(self, older_than: timedelta = RECONCILE_AFTER) -> int:
        """Finish or undo what crashes left between the store and the identity provider; return how many accounts."""
        return self.saga.reconcile(older_than)

    def sweep(self) -> int:
        """Reconcile what crashes left half done and remove what has expired; return how many things were done."""
        steps: tuple[Callable[[], int], ...] = (
            self.saga.reconcile,
            self.saga.purge_guests,
            self.files.reconcile,
            self.datasets.reconcile,
            lambda: self.store.remove_expired(self.clock()),
        )
        return sum(map(_result, steps))


def _result(step: Callable[[], int]) -> int:
    """Run a step; one that fails is logged, so that the others still run."""
    try:
        return step()
    except PorteroError as error:
        _log.warning("left to the next sweep: %s", error.__cause__ or error)
        return 0
