"""The commands for service accounts."""

import click

from src.domain.keys import parse_key_name
from src.domain.service_accounts import ROLES
from src.domain.sessions import NO_CLIENT
from src.domain.values import Role
from src.interfaces.cli.arguments import as_bad_parameter
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.listing import attributes, listing, print_list


@click.group()
def services() -> None:
    """Make, list and delete accounts for services, and renew their secrets."""


@services.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in ROLES]), required=True, help="The role.")
@click.pass_obj
def add_service(console: Console, name: str, role: str) -> None:
    """Make an account for a service, and print its id and its secret, which is shown this once."""
    service_accounts = console.services().service_accounts
    with as_bad_parameter("NAME"):
        account, secret = service_accounts.add(None, parse_key_name(name), Role(role), NO_CLIENT)
    print_list([{"id": account.id, "secret": secret}], as_json=False, limit=None)


@services.command("list")
@listing
@click.pass_obj
def list_services(console: Console, as_json: bool, limit: int | None) -> None:
    """List the accounts of services, the newest first: id, name, role, when it was made."""
    service_accounts = console.services().service_accounts
    found = all_items(lambda cursor: service_accounts.list(None, cursor, 100))
    print_list((attributes(each, "id", "name", "role", "created_at") for each in found), as_json, limit)


@services.command("delete")
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete_service(console: Console, id: str, yes: bool) -> None:
    """Delete the account of a service and everything that belongs to it. Its tokens are refused at once."""
    service_accounts = console.services().service_accounts
    account = service_accounts.show(None, id)
    if not yes:
        click.confirm(f"Delete {account.name} and all that belongs to it?", abort=True)
    service_accounts.remove(None, id, None, NO_CLIENT)
    click.echo(f"deleted {id}")


@services.command("secret")
@click.argument("id")
@click.pass_obj
def renew_secret(console: Console, id: str) -> None:
    """Print a new secret of a service, which is shown this once. The old one works for 24 hours more."""
    click.echo(console.services().service_accounts.rotate_secret(None, id, NO_CLIENT))
