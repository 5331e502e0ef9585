"""The commands that import users of other systems, and export users."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click
from pydantic_core import to_json

from src.application.importing import ImportPlan, NotImportable, Refusal
from src.interfaces.cli.arguments import TextOrFile
from src.interfaces.cli.console import Console, all_items
from src.interfaces.user_files import SYSTEMS, NotAnExport, plan_import
from src.interfaces.views import UserView


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "system", type=click.Choice([*SYSTEMS]), help="The system whose own export FILE is.")
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
    system: str | None,
    hash_key: str,
    salt_separator: str,
    rounds: int,
    mem_cost: int,
    flask_security_salt: str,
    skip: bool,
    dry_run: bool,
) -> None:
    """Import users of another system, who log in with their old passwords.

    FILE is the own export of a system that --from names. Without --from it is what `firebase auth:export` or
    `aws dynamodb scan` has written as JSON, or CSV or JSON with a column `username` or `email`, and a column `password`
    with hashes. Users who cannot be imported are listed, and without --skip the others are not imported either.
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
    try:
        plan = plan_import(imports, file.read_bytes(), system, options)
    except NotAnExport as error:
        raise click.BadParameter(f"{file}: {error}", param_hint="FILE") from None
    except NotImportable as error:
        raise click.ClickException(str(error)) from None
    refused = [*plan.refused]
    _print_refusals(refused)
    _print_refusals([Refusal(each.place, f"not taken: {reason}") for each in plan.new for reason in each.left])
    if dry_run:
        _print_table(plan, refused)
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


def _print_table(plan: ImportPlan, refused: Sequence[Refusal]) -> None:
    """Print what an import would do, and to how many users. Reasons are grouped by the words before their colon."""

    def by_reason(reasons: Iterable[str]) -> list[tuple[str, int]]:
        counts = Counter(reason.partition(":")[0] for reason in reasons)
        return [(f"  {reason.rstrip('.')}", count) for reason, count in sorted(counts.items())]

    rows = [
        ("would be imported", len(plan.new)),
        *by_reason(f"not taken, {reason}" for each in plan.new for reason in each.left),
        ("would be imported without a password", sum(not each.has_password for each in plan.new)),
        ("would get the password of the file", len(plan.without_password)),
        ("already there", plan.present),
        ("would be refused", len(refused)),
        *by_reason(each.reason for each in refused),
    ]
    for name, count in rows:
        click.echo(f"{name:<52}{count:>8}")


def _print_refusals(refused: Sequence[Refusal]) -> None:
    for refusal in refused:
        click.echo(f"{refusal.place}: {refusal.reason}", err=True)


@click.command("export")
@click.option(
    "--hashes", is_flag=True, help="Print hashes of passwords, second factors and keys, too. Keep the file secret."
)
@click.pass_obj
def export_users(console: Console, hashes: bool) -> None:
    """Print all users by username, as one JSON object in each line. `users import` reads it."""
    services = console.services()
    for user in all_items(lambda cursor: services.administration.list_users(cursor=cursor)):
        shown = dict(UserView.of(user))
        if hashes:
            shown["password_hash"] = user.password_hash
        if hashes and user.factors:
            shown["factors"] = [replace(each, revision="") for each in services.factors.list(user.id).items]
        if hashes and user.keys:
            shown["keys"] = [replace(each, revision="") for each in services.keys.list_by_operator(user)]
        click.echo(to_json(shown))
