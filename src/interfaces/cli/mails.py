"""The commands for mails."""

from itertools import product
from pathlib import Path

import click

from src.domain.mails import MailKind
from src.interfaces.cli.console import Console
from src.interfaces.languages import LANGUAGES


@click.group()
def mails() -> None:
    """Look at the mails that are sent."""


@mails.command("preview")
@click.argument("kind", required=False, type=click.Choice([kind.value for kind in MailKind]))
@click.option("--language", type=click.Choice(LANGUAGES), help="Both by default.")
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder to read templates from instead of MAIL_TEMPLATES.",
)
@click.option("--html", is_flag=True, help="Print the HTML of the mail instead of its plain text.")
@click.pass_obj
def preview(console: Console, kind: str | None, language: str | None, templates: Path | None, html: bool) -> None:
    """Print a mail, or all of them, with sample values. The exit code is 2 if a template has a mistake."""
    kinds = [MailKind(kind)] if kind else list(MailKind)
    for each, spoken in product(kinds, [language] if language else LANGUAGES):
        message = console.preview_mail(each, spoken, templates)
        click.echo(message.html if html else f"{spoken}/{each}.txt: {message.subject}\n\n{message.text}")
