"""The command for lists of leaked passwords."""

from pathlib import Path

import click

from src.interfaces.cli.console import Console

_PROGRESS_STEP = 1 << 20


@click.group()
def passwords() -> None:
    """Compile a list of leaked passwords."""


@passwords.command("compile")
@click.argument("list", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write or replace. [default: LIST.compiled]",
)
@click.pass_obj
def compile_list(console: Console, list: Path, target: Path | None) -> None:
    """Compile a list of leaked passwords for PASSWORD_BREACH_URL. A file that is there is replaced at the end.

    LIST has a line for each password, in any order: SHA1:COUNT in all lines, as the downloads of Have I Been Pwned do,
    or the password itself, in UTF-8 or Latin-1. The first line tells which.

    The result has 3 bytes for each password and 4 MiB more; 4 more bytes for each are needed meanwhile, beside it.
    """
    target = target or list.with_name(f"{list.name}.compiled")
    with click.progressbar(length=list.stat().st_size, label=list.name, update_min_steps=_PROGRESS_STEP) as bar:
        count = console.compile_passwords(list, target, bar.update)
    click.echo(f"compiled {count} passwords; set PASSWORD_BREACH_URL=file:{target.absolute()}")
