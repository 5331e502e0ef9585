"""The commands for invitations."""

import click

from src.domain.invitations import MAX_DAYS, InvitationStatus
from src.domain.sessions import Client
from src.domain.values import MEMBER_ROLES, Role
from src.interfaces.cli.arguments import as_bad_parameter
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.listing import listing, print_list, seconds
from src.interfaces.languages import LANGUAGES


@click.group()
def invitations() -> None:
    """Invite people to make an account."""


@invitations.command("add")
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice([role.value for role in MEMBER_ROLES]),
    default="user",
    show_default=True,
    help="The role of the account.",
)
@click.option("--days", type=click.IntRange(1, MAX_DAYS), default=7, show_default=True, help="How long it is valid.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="That of the mail.")
@click.pass_obj
def add_invitation(console: Console, email: str, role: str, days: int, language: str) -> None:
    """Invite the owner of an e-mail address, and print the link to pass on. With a mail server, also send the link."""
    services = console.services()
    with as_bad_parameter("EMAIL"):
        address = services.rules.parse_email(email)
    click.echo(services.invitations.invite(address, Role(role), days, Client(language=language), None)[1])


@invitations.command("list")
@listing
@click.option("--status", type=click.Choice([status.value for status in InvitationStatus]), help="All by default.")
@click.pass_obj
def list_invitations(console: Console, status: str | None, as_json: bool, limit: int | None) -> None:
    """List invitations, the newest first: id, e-mail, role, status, end."""
    service = console.services().invitations
    wanted = InvitationStatus(status) if status else None
    rows = (
        {
            "id": each.id,
            "email": each.email.address,
            "role": each.role,
            "status": each.status(service.clock()),
            "expires_at": seconds(each.valid_until),
        }
        for each in all_items(lambda cursor: service.list(None, wanted, cursor, 100))
    )
    print_list(rows, as_json, limit)


@invitations.command("remove")
@click.argument("id")
@click.pass_obj
def remove_invitation(console: Console, id: str) -> None:
    """Remove an invitation. Nobody can accept it any more."""
    console.services().invitations.remove(id, None)
    click.echo(f"removed {id}")
