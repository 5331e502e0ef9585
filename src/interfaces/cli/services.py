"""The commands for service accounts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import click
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, ValidationError

from src.domain.errors import Taken
from src.domain.keys import parse_key_name
from src.domain.old_secrets import MAX_OLD_SECRETS
from src.domain.service_accounts import ROLES, ServiceAccount
from src.domain.sessions import NO_CLIENT
from src.domain.values import Role
from src.interfaces.cli.arguments import as_bad_parameter
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.listing import attributes, listing, print_list
from src.interfaces.framework.fields import KeyNameField
from src.interfaces.views import View


def _in_utc(time: datetime) -> datetime:
    """Return a time in UTC. Raises ValueError for one outside the years 1 to 9999 of UTC."""
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error


_Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class ServiceRecord(View):
    """A service account as a line of an export. Its id stays the same, because the secrets contain it."""

    id: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{20,128}$")]
    name: KeyNameField
    role: Literal[Role.USER, Role.UPLOADER, Role.ADMIN]
    secret_hash: _Hash
    old_secrets: dict[_Hash, _Time] = Field({}, max_length=MAX_OLD_SECRETS)
    created_at: _Time


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


@services.command("export")
@click.pass_obj
def export_services(console: Console) -> None:
    """Print the accounts of services with the hashes of their secrets, as one JSON object in each line.

    `services import` reads it. Protect the file from changes: a replaced hash gives the account another secret.
    """
    service_accounts = console.services().service_accounts
    for account in all_items(lambda cursor: service_accounts.list(None, cursor, 100)):
        click.echo(ServiceRecord.of(account).model_dump_json())


@services.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_services(console: Console, file: Path) -> None:
    """Import the accounts of services that `services export` has printed. Their ids and secrets work as before.

    An account that is here already stays as it is. If a line cannot be read, nothing is imported.
    """
    service_accounts, accounts = console.services().service_accounts, []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            accounts.append(ServiceAccount(**dict(ServiceRecord.model_validate_json(line))))
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "the line"
            raise click.ClickException(f"line {number}: {place} is not as `services export` writes it") from None
    imported = seen = 0
    try:
        for account in accounts:
            imported += service_accounts.add_exported(account)
            seen += 1
    except Taken:
        raise click.ClickException(f"{accounts[seen].id}: another account had this id here") from None
    finally:
        click.echo(f"imported {imported}, already there {seen - imported}")
