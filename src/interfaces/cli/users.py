"""The commands for users."""

import sys
from typing import Any

import click

from src.application.strict_json import NotJson, strict_json
from src.domain.users import User
from src.domain.values import MEMBER_ROLES, Role
from src.interfaces.cli.arguments import as_bad_parameter, find_user
from src.interfaces.cli.console import Console, all_items
from src.interfaces.cli.listing import attributes, listing, print_list, seconds
from src.interfaces.cli.transfers import export_users, import_users
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
@click.argument("role", type=click.Choice([role.value for role in MEMBER_ROLES]))
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
    rows = (
        attributes(session, "id", "created_at", "last_used_at") | attributes(session.client, "ip", "user_agent")
        for session in all_items(lambda cursor: services.sessions.list(user, cursor, 100))
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
    factors = services.factors.list(find_user(services, login).id).items
    names = ("id", "kind", "name", "created_at", "last_used_at")
    print_list((attributes(factor, *names) for factor in factors), as_json, limit)


@users.command("reset-factors")
@click.argument("login")
@click.pass_obj
def reset_factors(console: Console, login: str) -> None:
    """Remove all second factors of a user who has lost them, and end all sessions of the user.

    Make sure that it is the user who asks for it. The user is told by mail.
    """
    services = console.services()
    services.factors.reset_by_operator(find_user(services, login))
    click.echo(f"reset the factors of {login}")


@users.command("keys")
@click.argument("login")
@listing
@click.pass_obj
def list_keys(console: Console, login: str, as_json: bool, limit: int | None) -> None:
    """List the keys of a user, the newest first: id, name, scope, beginning, and its times."""
    services = console.services()
    rows = (
        attributes(key, "id", "name", "scope", "prefix", "created_at")
        | {"expires_at": seconds(key.valid_until), "last_used_at": seconds(key.last_used_at)}
        for key in services.keys.list_by_operator(find_user(services, login))
    )
    print_list(rows, as_json, limit)


@users.command("remove-keys")
@click.argument("login")
@click.pass_obj
def remove_keys(console: Console, login: str) -> None:
    """Remove all keys of a user. Programs that use them are refused from the next request on."""
    services = console.services()
    services.keys.remove_by_operator(find_user(services, login))
    click.echo(f"removed the keys of {login}")


@users.command("record-sign-ins")
@click.pass_obj
def record_sign_ins(console: Console) -> None:
    """Make the users of an earlier version appear in the lists by last sign-in. Can be repeated.

    The newest session of a user counts as the last sign-in. Of a user without a session none is known. Records of
    users who are gone are removed.
    """
    recorded = removed = 0
    steps = console.services().administration.record_last_sign_ins()
    try:
        with click.progressbar(steps, label="recording", show_pos=True) as bar:
            for step in bar:
                recorded += step.recorded
                removed += step.removed
    finally:
        click.echo(f"recorded {recorded}, removed {removed}")


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


users.add_command(import_users)
users.add_command(export_users)
