"""Runs jobs and sweeps when a cloud service asks for it, for deployments where nothing runs between requests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryService:
    """Runs jobs and sweeps on request of a cloud's queue and scheduler. Each request proves its sender with a token."""

    authenticate: Callable[[str], None]
    """Raises InvalidToken unless the token belongs to the account of the queue and the scheduler; Unavailable."""
    deliver: Callable[[str], None]
    """Runs the job with this id. Raises Unavailable if the queue has to deliver it again."""
    sweeps: Sequence[Callable[[], object]]
    """The steps that other deployments repeat in the background."""

    def run_job(self, token: str, id: str) -> None:
        """Run the job with this id, which the queue delivers, if the job can run now.

        Raises InvalidToken for a request of anybody else, and Unavailable if the queue has to deliver the job again.
        """
        self.authenticate(token)
        self.deliver(id)

    def sweep(self, token: str) -> None:
        """Send overdue jobs again, deliver events, and finish or undo interrupted operations.

        Raises InvalidToken for a request of anybody else; Unavailable.
        """
        self.authenticate(token)
        for sweep in self.sweeps:
            sweep()
