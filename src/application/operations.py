"""What running processes do from time to time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from src.application.accounts import Accounts
from src.application.datasets import DatasetService
from src.application.files import FileService
from src.application.ports import Clock
from src.domain.errors import PorteroError

_log = logging.getLogger("portero.sweep")


@dataclass(frozen=True, slots=True)
class Sweep:
    """Settle what crashes left half done, and remove what has expired."""

    accounts: Accounts
    files: FileService
    datasets: DatasetService
    remove_expired: Callable[[datetime], int]
    """Where the store does not do so itself."""
    clock: Clock

    def __call__(self) -> int:
        """How many things were done."""
        steps = (
            self.accounts.reconcile,
            self.accounts.purge,
            self.files.reconcile,
            self.datasets.reconcile,
            lambda: self.remove_expired(self.clock()),
        )
        return sum(map(_done, steps))


def _done(step: Callable[[], int]) -> int:
    """What a step did; one that fails is no reason to leave out the others."""
    try:
        return step()
    except PorteroError as error:
        _log.warning("left for the next time: %s", error.__cause__ or error)
        return 0
