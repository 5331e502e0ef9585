"""Maintenance: sweeping up after crashes, removing expired records, and checking the store."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from src.application.accounts import RECONCILE_AFTER, Accounts
from src.application.ports import Clock, CountEvent, StoreMaintenance, uncounted
from src.application.stored_objects import ObjectLifecycle
from src.domain.datasets import Dataset
from src.domain.errors import PorteroError
from src.domain.files import File

_log = logging.getLogger("portero.sweeper")

EXPIRE_FOR = timedelta(seconds=10)
"""The time after which the removal of expired records ends, because other work waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceService:
    """Finishes or undoes operations that crashes interrupted, removes expired records, and checks the store."""

    accounts: Accounts
    files: ObjectLifecycle[File]
    datasets: ObjectLifecycle[Dataset]
    store: StoreMaintenance
    clock: Clock
    count: CountEvent = uncounted

    def check_store(self) -> None:
        """Raise Unavailable when the store cannot be read, or its disk is nearly full."""
        self.store.ping()

    def reconcile_accounts(self, older_than: timedelta = RECONCILE_AFTER) -> int:
        """Finish or undo the account changes that a crash interrupted. Return the number of reconciled accounts."""
        return self.accounts.reconcile(older_than)

    def sweep(self) -> int:
        """Finish or undo operations that crashes interrupted, and remove expired records. Return the number of records.

        If a step fails, the other steps still run, and the next sweep repeats the failed step.
        """
        steps: Mapping[str, Callable[[], int]] = {
            "accounts": self.accounts.reconcile,
            "guests": self.accounts.purge_guests,
            "files": self.files.reconcile,
            "datasets": self.datasets.reconcile,
            "expired": self._remove_expired,
        }
        records = 0
        for kind, step in steps.items():
            try:
                done = step()
            except PorteroError as error:
                _log.warning("the sweep of %s failed: %s", kind, error.__cause__ or error)
                self.count("sweep_failures", kind)
            except Exception:  # a damaged record must not hold up the other steps
                _log.exception("the sweep of %s failed", kind)
                self.count("sweep_failures", kind)
            else:
                self.count("swept", kind, amount=done)
                records += done
        return records

    def _remove_expired(self) -> int:
        """Remove expired records until none is left, or for EXPIRE_FOR. Return their number."""
        begun, removed = self.clock(), 0
        while done := self.store.remove_expired(self.clock()):
            removed += done
            if self.clock() - begun > EXPIRE_FOR:
                break
        return removed
