"""The commands for users."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from pydantic_core import to_json

from src.application.importing import NotImportable, Refusal
from src.application.strict_json import NotJson, strict_json
from src.domain.users import User
from src.domain.values import Role
from src.interfaces.cli.arguments import TextOrFile, as_bad_parameter, find_user
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.listing import listing, print_list
from src.interfaces.cli.user_files import NotAnExport, read_users
from src.interfaces.views import UserView


@click.group()
def users() -> None:
    """List, show, import, export, change and delete users."""


@users.command("list")
@listing
@click.pass_obj
def list_users(console: Console, as_json: bool, limit: int | None) -> None:
    """List all users by username: id, username, e-mail, role, disabled."""
    services = console.services()
    everyone = all_items(lambda cursor: services.administration.list_users(cursor=cursor))
    print_list(map(_row, everyone), as_json, limit)


@users.command("show")
@click.argument("login")
@click.pass_obj
def show_user(console: Console, login: str) -> None:
    """Print a user as JSON, by username or e-mail address."""
    user = find_user(console.services(), login)
    click.echo(UserView.of(user).model_dump_json(indent=2))


@users.command("role")
@click.argument("login")
@click.argument("role", type=click.Choice([role.value for role in Role if role is not Role.GUEST]))
@click.pass_obj
def set_role(console: Console, login: str, role: str) -> None:
    """Change the role of a user. It counts on the next request. The last admin cannot be demoted."""
    services = console.services()
    with as_bad_parameter("LOGIN"):
        services.administration.set_role(services.rules.parse_login(login), Role(role))
    click.echo(f"{login} is {role}")


@users.command("claims")
@click.argument("login")
@click.argument("claims", metavar="JSON")
@click.pass_obj
def set_claims(console: Console, login: str, claims: str) -> None:
    """Replace the claims of a user by those of a JSON object. Access tokens carry them from the next one on."""
    services = console.services()
    try:
        value = strict_json(claims)
    except (NotJson, UnicodeError) as error:
        raise click.BadParameter(f"this is not JSON: {error}", param_hint="JSON") from None
    if not isinstance(value, dict):
        raise click.BadParameter("this is not a JSON object", param_hint="JSON")
    with as_bad_parameter("LOGIN"):
        user = services.administration.set_claims(services.rules.parse_login(login), value)
    click.echo(f"{login} has {', '.join(user.custom_claims) or 'no claims'}")


@users.command("delete")
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete_user(console: Console, login: str, yes: bool) -> None:
    """Delete a user and everything that belongs to the user."""
    services = console.services()
    user = find_user(services, login)
    if not yes:
        click.confirm(f"Delete {login} and all that belongs to it?", abort=True)
    services.administration.delete_user(user)
    click.echo(f"deleted {login}")


@users.command("sessions")
@click.argument("login")
@listing
@click.pass_obj
def list_sessions(console: Console, login: str, as_json: bool, limit: int | None) -> None:
    """List the sessions of a user, the newest first: id, beginning, last login or refresh, address, user agent."""
    services = console.services()
    user = find_user(services, login)
    sessions = all_items(lambda cursor: services.sessions.list(user, cursor, 100))
    rows = (
        {
            "id": session.id,
            "created_at": session.created_at.isoformat(timespec="seconds"),
            "last_used_at": session.last_used_at.isoformat(timespec="seconds"),
            "ip": session.client.ip,
            "user_agent": session.client.user_agent,
        }
        for session in sessions
    )
    print_list(rows, as_json, limit)


def _row(user: User) -> dict[str, Any]:
    name, address = user.username and user.username.display, user.email and user.email.address
    return {"id": user.id, "username": name, "email": address, "role": user.role.value, "disabled": user.disabled}


@users.command("factors")
@click.argument("login")
@listing
@click.pass_obj
def list_factors(console: Console, login: str, as_json: bool, limit: int | None) -> None:
    """List the second factors of a user, the newest first: id, kind, name, when it was added and used last."""
    services = console.services()
    user = find_user(services, login)
    rows = (
        {
            "id": factor.id,
            "kind": factor.kind.value,
            "name": factor.name,
            "created_at": factor.created_at.isoformat(timespec="seconds"),
            "last_used_at": factor.last_used_at and factor.last_used_at.isoformat(timespec="seconds"),
        }
        for factor in services.enrolments.list(user.id).items
    )
    print_list(rows, as_json, limit)


@users.command("reset-factors")
@click.argument("login")
@click.pass_obj
def reset_factors(console: Console, login: str) -> None:
    """Remove all second factors of a user who has lost them, and end all sessions of the user.

    Make sure that it is the user who asks for it. The user is told by mail.
    """
    services = console.services()
    services.enrolments.reset_by_operator(find_user(services, login))
    click.echo(f"reset the factors of {login}")


@users.command("disable")
@click.argument("login")
@click.pass_obj
def disable_user(console: Console, login: str) -> None:
    """Disable a user, by username or e-mail address. The next request of the user is refused."""
    _set_disabled(console, login, True)


@users.command("enable")
@click.argument("login")
@click.pass_obj
def enable_user(console: Console, login: str) -> None:
    """Enable a disabled user."""
    _set_disabled(console, login, False)


def _set_disabled(console: Console, login: str, disabled: bool) -> None:
    services = console.services()
    with as_bad_parameter("LOGIN"):
        services.administration.set_disabled(services.rules.parse_login(login), disabled)
    click.echo(f"{'disabled' if disabled else 'enabled'} {login}")


@users.command("password")
@click.argument("login")
@click.pass_obj
def reset_password(console: Console, login: str) -> None:
    """Set a new password of a user, by username or e-mail address, and end all sessions of the user.

    On a terminal the password is asked for twice; otherwise it is the first line of standard input.
    """
    services = console.services()
    find_user(services, login)  # before the password is asked for
    with as_bad_parameter("the password"):
        services.administration.reset_password(services.rules.parse_login(login), new_password())
    click.echo(f"reset the password of {login}")


def new_password() -> str:
    """Return a password that is asked for on a terminal, or else the first line of standard input."""
    try:
        if sys.stdin.isatty():
            return str(click.prompt("New password", hide_input=True, confirmation_prompt=True))
        password = sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.ClickException("the password is not UTF-8") from None
    if not password:
        raise click.UsageError("no password on standard input")
    return password


@users.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--hash-key", type=TextOrFile(), default="", help="Firebase: the signer key of the project, in base64, or @FILE."
)
@click.option("--salt-separator", default="", help="Firebase: the salt separator, in base64.")
@click.option("--rounds", type=int, default=8, show_default=True, help="Firebase: the rounds.")
@click.option("--mem-cost", type=int, default=14, show_default=True, help="Firebase: the memory cost.")
@click.option(
    "--flask-security-salt", type=TextOrFile(), default="", help="Flask-Security: its SECURITY_PASSWORD_SALT, or @FILE."
)
@click.option("--skip", is_flag=True, help="Import the other users if some cannot be imported.")
@click.option("--dry-run", is_flag=True, help="Check the file, and import nothing.")
@click.pass_obj
def import_users(
    console: Console,
    file: Path,
    hash_key: str,
    salt_separator: str,
    rounds: int,
    mem_cost: int,
    flask_security_salt: str,
    skip: bool,
    dry_run: bool,
) -> None:
    """Import users of another system, who log in with their old passwords.

    FILE is what `firebase auth:export` or `aws dynamodb scan` has written as JSON, or CSV or JSON with a column
    `username` or `email`, and a column `password` with hashes. Users who cannot be imported are listed, and without
    --skip the others are not imported either.
    An import that was interrupted continues when the command is repeated with the same file.
    """
    imports = console.services().imports
    options = {
        "signer_key": hash_key,
        "salt_separator": salt_separator,
        "rounds": str(rounds),
        "mem_cost": str(mem_cost),
        "flask_security_salt": flask_security_salt,
    }
    content = file.read_bytes()
    try:
        records, unreadable = read_users(content)
    except NotAnExport as error:
        raise click.BadParameter(f"{file}: {error}", param_hint="FILE") from None
    try:
        plan = imports.plan(records, hashlib.sha256(content).hexdigest(), options)
    except NotImportable as error:
        raise click.ClickException(str(error)) from None
    refused = [*unreadable, *plan.refused]
    _print_refusals(refused)
    stored = 0
    if not dry_run and (skip or not refused):
        length = len(plan.new) + len(plan.without_password)
        with click.progressbar(length=length, label="importing", show_pos=True) as bar:
            for count, taken in imports.run(plan):
                stored += count
                refused += taken
                _print_refusals(taken)
                bar.update(count + len(taken))
    click.echo(f"imported {stored}, already there {plan.present}, refused {len(refused)}")
    if refused and not skip:
        if not stored and plan.new and not dry_run:
            click.echo(f"Nothing was imported; --skip imports the other {len(plan.new)}.", err=True)
        raise click.exceptions.Exit(1)


def _print_refusals(refused: Sequence[Refusal]) -> None:
    for refusal in refused:
        click.echo(f"{refusal.place}: {refusal.reason}", err=True)


@users.command("export")
@click.option("--hashes", is_flag=True, help="Print the hashes of the passwords too. Keep the file secret.")
@click.pass_obj
def export_users(console: Console, hashes: bool) -> None:
    """Print all users by username, as one JSON object in each line. `users import` reads it."""
    services = console.services()
    for user in all_items(lambda cursor: services.administration.list_users(cursor=cursor)):
        shown = dict(UserView.of(user)) | ({"password_hash": user.password_hash} if hashes else {})
        click.echo(to_json(shown))
