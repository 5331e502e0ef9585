"""What is kept outside the store, and of which the store has the record."""

from enum import StrEnum


class HeldState(StrEnum):
    """Whether it is there. Its record comes before it and goes after it, so that nothing is ever without one."""

    PENDING = "pending"
    STORED = "stored"
    DELETING = "deleting"
