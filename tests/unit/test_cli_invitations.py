"""The commands for invitations."""

import json

from tests.unit.test_cli import Portero, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures


def test_the_operator_invites_lists_and_removes(prepared: Portero) -> None:
    made = prepared("invitations", "add", "ines@example.com", "--role", "uploader", "--days", "3")
    assert made.out.startswith("http://localhost:8000/auth/invitation?token=")
    [listed] = json.loads(prepared("invitations", "list", "--status", "pending", "--json").out)
    assert (listed["email"], listed["role"], listed["status"]) == ("ines@example.com", "uploader", "pending")
    assert prepared("invitations", "remove", listed["id"]).out == f"removed {listed['id']}\n"
    assert json.loads(prepared("invitations", "list", "--json").out) == []


def test_a_wrong_address_or_id_is_named(prepared: Portero) -> None:
    assert "EMAIL" in prepared("invitations", "add", "nobody").err
    assert prepared("invitations", "remove", "unknown").code == 2
