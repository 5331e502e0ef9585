"""Every write of an account or a session declares its events, or is named here as a step of another one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITES = {
    "users": {"add", "update", "update_with"},
    "sessions": {"add_for_login", "remove"},
    "accounts": {"create", "upgrade", "change", "delete", "set_password", "start_password_change", "end_sessions"},
    "webhooks": {"update"},
    "factors": {"save"},
    "keys": {"add"},
    "service_accounts": {"add", "update", "remove_with_user"},
}
"""The methods that take ``events``, by the last word of what they are called on."""
POSITIONS = {"create": 3, "upgrade": 3, "change": 3, "delete": 2, "set_password": 2, "start_password_change": 2}
POSITIONS |= {"end_sessions": 2, "add": 1, "add_for_login": 3}
"""The place of ``events`` among the arguments."""
STEPS = {
    "accounts/local.py": 3,  # reconciliation; a new hash of the same password
    "accounts/linked/base.py": 0,
    "accounts/linked/change.py": 6,  # marks and undone steps, and the second end of the sessions
    "accounts/linked/create.py": 6,  # the pending account, marks and undone steps
    "accounts/linked/delete.py": 2,
    "accounts/linked/reconcile.py": 6,
    "accounts/linked/mirror.py": 2,  # marks of what the provider does not know yet
    "accounts/removal.py": 2,  # a guest expires; the second tombstone of a deletion
    "importing/service.py": 1,  # the event users-imported stands for all of them
}
"""The most writes without events in a module."""


def writes_without_events(path: Path) -> Iterator[int]:
    """Yield the line of each call of a write that is given no events."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            is_write = node.func.attr in WRITES.get(name, ())
            given = any(keyword.arg == "events" for keyword in node.keywords)
            if is_write and not given and len(node.args) <= POSITIONS.get(node.func.attr, 99):
                yield node.lineno


MODULES = sorted((ROOT / "src/application").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "src/application")))
def test_every_use_case_that_changes_something_declares_its_event(path: Path) -> None:
    found = [*writes_without_events(path)]
    assert len(found) <= STEPS.get(str(path.relative_to(ROOT / "src/application")), 0), found
