"""Maintenance: sweeping up after crashes, removing expired records, and checking the store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from src.application.accounts import RECONCILE_AFTER, Accounts
from src.application.ports import Clock, StoreMaintenance
from src.application.stored_objects import ObjectLifecycle, left_to_reconciliation
from src.domain.datasets import Dataset
from src.domain.files import File


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceService:
    """Finishes or undoes what crashes interrupted, removes expired records, and checks the store."""

    accounts: Accounts
    files: ObjectLifecycle[File]
    datasets: ObjectLifecycle[Dataset]
    store: StoreMaintenance
    clock: Clock

    def check_store(self) -> None:
        """Raise Unavailable when the store cannot be read."""
        self.store.ping()

    def reconcile_accounts(self, older_than: timedelta = RECONCILE_AFTER) -> int:
        """Finish or undo the account changes that crashes interrupted. Return the number of accounts."""
        return self.accounts.reconcile(older_than)

    def sweep(self) -> int:
        """Finish or undo what crashes interrupted, and remove what has expired. Return the number of records.

        A step that fails does not prevent the others, and is repeated by the next sweep.
        """
        steps: tuple[Callable[[], int], ...] = (
            self.accounts.reconcile,
            self.accounts.purge_guests,
            self.files.reconcile,
            self.datasets.reconcile,
            lambda: self.store.remove_expired(self.clock()),
        )
        records = 0
        for step in steps:
            with left_to_reconciliation():
                records += step()
        return records
