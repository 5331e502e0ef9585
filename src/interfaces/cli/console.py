"""The port between the commands of the operator and the composition root."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from src.interfaces.services import Services


@dataclass(frozen=True, slots=True)
class Console:
    """The functions that the composition root provides to the commands.

    No settings are read and no connections are made until a function is called.
    """

    services: Callable[[], Services]
    prepare: Callable[[], None]
    serve: Callable[[], None]
    work: Callable[[], None]
    check: Callable[[], Iterable[tuple[str, str | None]]]
    """Yield the name of each check, and the problem that the check has found, or None."""
    rotate_keys: Callable[[int], str]
    """Make a new signing key, and return its id. The argument is the number of old keys that still verify tokens."""
    new_keys: Callable[[], str]
    """Return a new JWK set as text."""
