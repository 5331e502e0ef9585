"""Steps that may fail, because reconciliation repeats them."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from src.domain.errors import NotFound, PorteroError, Stale
from src.domain.receipts import Repeated

_log = logging.getLogger("portero.accounts")


def attempt(step: Callable[..., object], *arguments: object) -> bool:
    """Run ``step`` and return whether it succeeded.

    An error is logged and not raised, because reconciliation will repeat the step. NotFound and Stale are not even
    logged.
    """
    try:
        step(*arguments)
    except (NotFound, Stale):
        return False  # there is nothing left to do, or another process does it
    except PorteroError as error:
        _log.warning("left to reconciliation: %s", error.__cause__ or error)
        return False
    except Exception:  # one account must not hold up the others
        _log.exception("left to reconciliation")
        return False
    return True


@contextmanager
def after_failure(step: Callable[..., object], *arguments: object) -> Iterator[None]:
    """If the block raises an error, attempt ``step``, and then raise that error."""
    try:
        yield
    except (PorteroError, Repeated):
        attempt(step, *arguments)
        raise
