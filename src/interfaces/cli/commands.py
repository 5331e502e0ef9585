"""The operator's commands."""

import sys
from datetime import timedelta

import click

from src.application.accounts import NewProfile
from src.domain.errors import Invalid, PorteroError
from src.domain.jobs import JobStatus, NotRunnable
from src.domain.values import Role
from src.interfaces.cli.console import Console
from src.interfaces.cli.datasets import datasets
from src.interfaces.field_errors import with_field


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Portero, the doorkeeper: an accounts service."""


@cli.command()
@click.pass_obj
def serve(console: Console) -> None:
    """Serve HTTP. In development, make what is missing first."""
    console.serve()


@cli.command()
@click.pass_obj
def worker(console: Console) -> None:
    """Run jobs that come through the broker of QUEUE_URL, until stopped."""
    console.work()


@cli.command()
@click.pass_obj
def prepare(console: Console) -> None:
    """Make what a start needs: tables, folders, signing keys, the first admin."""
    console.prepare()
    click.echo("ready to serve")


@cli.command()
@click.pass_obj
def check(console: Console) -> None:
    """Check the configuration and what it connects to; exits with 1 if something is wrong."""
    failures = 0
    for name, wrong in console.check():
        failures += wrong is not None
        click.echo(f"{'wrong' if wrong else 'ok':5}  {name}" + (f": {wrong}" if wrong else ""))
    if failures:
        raise click.exceptions.Exit(1)


@cli.command()
@click.option("--older-than", type=click.IntRange(min=0), default=60, show_default=True, help="Seconds.")
@click.pass_obj
def reconcile(console: Console, older_than: int) -> None:
    """Finish or undo what a crash left between the store and the identity provider."""
    count = console.services().operations.reconcile_accounts(timedelta(seconds=older_than))
    click.echo(f"reconciled {count}")


@cli.command()
@click.pass_obj
def sweep(console: Console) -> None:
    """Do once what running processes do from time to time: settle, remove what has expired, send overdue jobs."""
    services = console.services()
    click.echo(f"swept {services.operations.sweep()}, sent {services.jobs.resend()}")


@cli.group()
def jobs() -> None:
    """List jobs; have them run again."""


@jobs.command("list")
@click.option("--status", type=click.Choice([status.value for status in JobStatus]), help="All unless told.")
@click.pass_obj
def list_jobs(console: Console, status: str | None) -> None:
    """List jobs, the newest first: id, kind, status, attempts, when it changed last, error."""
    services, cursor = console.services(), None
    while True:
        page = services.jobs.list(JobStatus(status) if status else None, cursor)
        for job in page.items:
            changed = job.updated_at.isoformat(timespec="seconds")
            click.echo("\t".join([job.id, job.kind, job.status, str(job.attempts), changed, job.error or "-"]))
        cursor = page.next
        if cursor is None:
            return


@jobs.command("retry")
@click.argument("id")
@click.pass_obj
def retry_job(console: Console, id: str) -> None:
    """Have a job run again that failed or was cancelled; a running process sends it within seconds."""
    try:
        console.services().jobs.retry(id)
    except NotRunnable:
        raise click.ClickException("the job neither failed nor was it cancelled") from None
    click.echo(f"queued {id}")


@cli.group()
def users() -> None:
    """List users; lock them out, let them in; reset their passwords."""


@users.command("list")
@click.pass_obj
def list_users(console: Console) -> None:
    """List all users by username: id, username, e-mail, role, disabled."""
    services, cursor = console.services(), None
    while True:
        page = services.administration.list_users(cursor=cursor)
        for user in page.items:
            name = user.username.display if user.username else "-"
            address = user.email.address if user.email else "-"
            click.echo("\t".join([user.id, name, address, user.role] + ["disabled"] * user.disabled))
        cursor = page.next
        if cursor is None:
            return


@users.command("disable")
@click.argument("login")
@click.pass_obj
def disable_user(console: Console, login: str) -> None:
    """Lock a user out, by username or e-mail address, with effect on the next request."""
    _set_disabled(console, login, True)


@users.command("enable")
@click.argument("login")
@click.pass_obj
def enable_user(console: Console, login: str) -> None:
    """Let a disabled user in again."""
    _set_disabled(console, login, False)


def _set_disabled(console: Console, login: str, disabled: bool) -> None:
    services = console.services()
    services.administration.set_disabled(services.rules.parse_login(login), disabled)
    click.echo(f"{'disabled' if disabled else 'enabled'} {login}")


@users.command("password")
@click.argument("login")
@click.pass_obj
def reset_password(console: Console, login: str) -> None:
    """Give a user a new password, by username or e-mail address; every session of theirs ends.

    It is asked for twice; when standard input is no terminal, its first line is taken instead.
    """
    services = console.services()
    services.administration.reset_password(services.rules.parse_login(login), _new_password())
    click.echo(f"reset the password of {login}")


def _new_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("New password", hide_input=True, confirmation_prompt=True))
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.ClickException("the password is not UTF-8") from None


@cli.group()
def admin() -> None:
    """Make admins."""


@admin.command("create")
@click.option("--username", required=True)
@click.option("--email", required=True)
@click.password_option(help="Asked for when not given.")
@click.pass_obj
def create_admin(console: Console, username: str, email: str, password: str) -> None:
    """Make an account with the role admin."""
    services = console.services()
    name, address = services.rules.parse_new_username(username), services.rules.parse_email(email)
    accepted = services.rules.passwords.check(password, username, email)
    user = services.directory.add(NewProfile(name, address, role=Role.ADMIN), accepted)
    click.echo(f"made admin {username} with id {user.id}")


@cli.group()
def keys() -> None:
    """Make and rotate the keys that sign tokens."""


@keys.command("rotate")
@click.option("--keep", type=click.IntRange(min=1), default=2, show_default=True, help="Old keys that still verify.")
@click.pass_obj
def rotate_keys(console: Console, keep: int) -> None:
    """Sign with a new key from now on; running processes follow, and tokens in use stay good."""
    click.echo(f"signing with {console.rotate_keys(keep)}")


@keys.command("new")
@click.pass_obj
def new_keys(console: Console) -> None:
    """Print a new JWK set, to be kept secret and given as SIGNING_KEYS."""
    click.echo(console.new_keys())


cli.add_command(datasets)


def explain(error: Exception) -> str:
    """An error as the operator reads it."""
    error = with_field(error) if isinstance(error, PorteroError) else error
    if isinstance(error, Invalid):
        return "\n".join(f"{each.field}: {each.message}" for each in error.errors)
    return str(error)
