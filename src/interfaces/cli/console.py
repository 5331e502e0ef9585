"""What every command of the operator's works with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from src.interfaces.services import Services


@dataclass(frozen=True, slots=True)
class Console:
    """What the composition root hands to the command line; nothing is read or connected before it is called."""

    services: Callable[[], Services]
    prepare: Callable[[], None]
    serve: Callable[[], None]
    work: Callable[[], None]
    check: Callable[[], Iterable[tuple[str, str | None]]]
    """What was checked, and what is wrong with it."""
    rotate_keys: Callable[[int], str]
    """Make a new signing key and keep so many old ones for verifying; returns its id."""
    new_keys: Callable[[], str]
    """A new JWK set as text."""
