"""The commands of the operator."""

from datetime import timedelta

import click

from src.domain.errors import Invalid, PorteroError, Unavailable
from src.domain.jobs import JobStatus, NotRunnable
from src.domain.users import Profile
from src.domain.values import Role, rfc3339
from src.interfaces.cli.arguments import as_bad_parameter
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.copy import copy
from src.interfaces.cli.datasets import datasets
from src.interfaces.cli.events import events
from src.interfaces.cli.invitations import invitations
from src.interfaces.cli.listing import attributes, listing, print_list
from src.interfaces.cli.mails import mails
from src.interfaces.cli.passwords import passwords
from src.interfaces.cli.services import services as service_accounts
from src.interfaces.cli.users import new_password, users
from src.interfaces.framework.field_errors import with_field


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"portero {context.obj.version}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def cli() -> None:
    """Portero, the doorkeeper: an accounts service."""


@cli.command()
@click.pass_obj
def serve(console: Console) -> None:
    """Serve HTTP, as `make run` does. In development, run prepare first."""
    console.serve()


@cli.command()
@click.pass_obj
def worker(console: Console) -> None:
    """Run jobs that come through the broker of QUEUE_URL, as `make worker` does, until stopped."""
    console.work()


@cli.command()
@click.pass_obj
def prepare(console: Console) -> None:
    """Create what the service needs to start, unless it exists: tables, folders, signing keys, the first admin."""
    console.prepare()
    click.echo("ready to serve")


@cli.command()
@click.pass_obj
def demo(console: Console) -> None:
    """Fill a fresh development store with people, roles and data to look at, and print who can log in.

    It is refused in production, and for a store that has users.
    """
    for line in console.demo():
        click.echo(line)


@cli.command()
@click.pass_obj
def check(console: Console) -> None:
    """Check the configuration and what it connects to. The exit code is 1 if something is wrong.

    Nothing is written anywhere, so the permission to write to a bucket or a database is not checked.
    """
    failures = 0
    for name, wrong in console.check():
        failures += wrong is not None
        click.echo(f"{'wrong' if wrong else 'ok':5}  {name}" + (f": {wrong}" if wrong else ""))
    if failures:
        raise click.exceptions.Exit(1)


@cli.command()
@click.option(
    "--older-than",
    type=click.IntRange(min=0, max=10**9),
    default=60,
    show_default=True,
    help="The least age of a change, in seconds.",
)
@click.pass_obj
def reconcile(console: Console, older_than: int) -> None:
    """Finish or undo account changes that a crash left between the store and the identity provider."""
    count = console.services().maintenance.reconcile_accounts(timedelta(seconds=older_than))
    click.echo(f"reconciled {count}")


@cli.command()
@click.pass_obj
def sweep(console: Console) -> None:
    """Reconcile, remove expired data and send overdue jobs once, as running processes do from time to time."""
    services = console.services()
    click.echo(f"swept {services.maintenance.sweep()}, sent {services.jobs.resend()}")


@cli.group()
def jobs() -> None:
    """List jobs, and run them again."""


@jobs.command("list")
@listing
@click.option("--status", type=click.Choice([status.value for status in JobStatus]), help="All by default.")
@click.pass_obj
def list_jobs(console: Console, status: str | None, as_json: bool, limit: int | None) -> None:
    """List jobs, the newest first: id, kind, status, attempts, when it changed last, error."""
    services = console.services()
    found = all_items(lambda cursor: services.jobs.list(None, JobStatus(status) if status else None, cursor))
    names = ("id", "kind", "status", "attempts", "updated_at", "error")
    print_list((attributes(job, *names) for job in found), as_json, limit)


@jobs.command("retry")
@click.argument("id")
@click.pass_obj
def retry_job(console: Console, id: str) -> None:
    """Queue a failed or cancelled job again. A running process of the service hands it to the workers soon."""
    try:
        console.services().jobs.retry(None, id)
    except NotRunnable:
        raise click.ClickException("the job neither failed nor was it cancelled") from None
    click.echo(f"queued {id}")


@cli.group()
def admin() -> None:
    """Make admins."""


@admin.command("create")
@click.option("--username", required=True, help="The name to log in with.")
@click.option("--email", required=True, help="The e-mail address.")
@click.option("--password", help="Asked for on a terminal, or else the first line of standard input.")
@click.pass_obj
def create_admin(console: Console, username: str, email: str, password: str | None) -> None:
    """Make an account with the role admin."""
    services = console.services()
    # The password is asked for when all else is known to be right.
    services.maintenance.check_store()
    with as_bad_parameter("--username"):
        name = services.rules.parse_new_username(username)
    with as_bad_parameter("--email"):
        address = services.rules.parse_email(email)
    with as_bad_parameter("--password"):
        password = new_password() if password is None else password
        accepted = services.rules.passwords.check(password, username, email)
    user = services.directory.add(Profile(username=name, email=address, role=Role.ADMIN), accepted)
    click.echo(f"made admin {username} with id {user.id}")


@cli.group()
def keys() -> None:
    """Make and rotate the keys that sign tokens, and those that encrypt secrets."""


@keys.command("rotate")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="The number of old keys that still verify tokens.",
)
@click.pass_obj
def rotate_keys(console: Console, keep: int) -> None:
    """Publish a new key, which signs after six minutes. Tokens in use stay valid.

    Other services may cache the published keys for five minutes. While a new key waits, no other key is made.
    """
    kid, begin = console.rotate_keys(keep)
    click.echo(f"published {kid}, which signs from {rfc3339(begin)}")


@keys.command("reencrypt")
@click.pass_obj
def reencrypt(console: Console) -> None:
    """Encrypt the secrets of apps and webhooks with a new data key, or with the first key of DATA_KEYS."""
    click.echo(f"encrypted {console.reencrypt()}")


@keys.command("new")
@click.pass_obj
def new_keys(console: Console) -> None:
    """Print a new JWK set for SIGNING_KEYS. Keep it secret."""
    click.echo(console.new_keys())


@keys.command("migration-secret")
@click.pass_obj
def migration_secret(console: Console) -> None:
    """Print the secret with which the system of MIGRATE_LOGIN_URL verifies who asks. Keep it secret."""
    click.echo(console.migration_secret())


for _command in (copy, datasets, events, invitations, mails, passwords, service_accounts, users):
    cli.add_command(_command)


def explain(error: Exception) -> str:
    """Return the message of an error for the operator."""
    error = with_field(error) if isinstance(error, PorteroError) else error
    if isinstance(error, Invalid):
        return "\n".join(f"{each.field}: {each.message}" for each in error.errors)
    if isinstance(error, Unavailable) and error.__cause__:
        return f"{error} ({error.__cause__})"
    return str(error)
