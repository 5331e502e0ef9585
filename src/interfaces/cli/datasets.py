"""The commands for datasets."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from src.application.datasets import CHUNK, DatasetDetails, IncomingDataset
from src.domain.datasets import Dataset
from src.domain.users import User
from src.domain.values import Role
from src.interfaces.cli.arguments import TextOrFile, find_user
from src.interfaces.cli.console import Console
from src.interfaces.filenames import safe_filename
from src.interfaces.services import Services


@click.group()
def datasets() -> None:
    """Store and check CSV files."""


@datasets.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="The name of the dataset.")
@click.option("--schema", type=TextOrFile(), default="", help="JSON or @FILE. Inferred by default.")
@click.option("--delimiter", default="", help="Detected by default.")
@click.option("--encoding", default="", help="Detected by default.")
@click.option("--owner", help="A username or an e-mail address. By default an admin.")
@click.pass_obj
def add_dataset(
    console: Console,
    file: Path,
    name: str,
    schema: str,
    delimiter: str,
    encoding: str,
    owner: str | None,
) -> None:
    """Store a CSV file, and print the result of its check."""
    services = console.services()
    if not file.is_file():
        raise click.BadParameter(f"{file} is not a regular file", param_hint="FILE")
    details = DatasetDetails(name, schema, delimiter, encoding)
    if flaws := services.datasets.flaws_of(details):
        raise click.UsageError("\n".join(f"--{flaw.field}: {flaw.message}" for flaw in flaws))
    user = _owner(services, owner)
    with file.open("rb") as opened, click.progressbar(length=1000, label=file.name) as bar:
        chunks = iter(partial(opened.read, CHUNK), b"")
        # The operator waits for the check, however large the file is.
        incoming = IncomingDataset(safe_filename(file.name), chunks, lambda: details, in_job=False)
        stored = services.datasets.add(user, incoming, progress=lambda done: bar.update(round(done * 1000) - bar.pos))
    _print_report(stored.dataset)


def _owner(services: Services, login: str | None) -> User:
    """Return the user whom --owner names, or an admin without it."""
    if login is not None:
        return find_user(services, login, "--owner")
    admins = services.administration.list_users(Role.ADMIN, limit=1).items
    if not admins:
        raise click.ClickException("--owner: there is no admin yet; make one, or name a user")
    return admins[0]


def _print_report(dataset: Dataset) -> None:
    report = dataset.report
    assert report
    click.echo(f"{dataset.id}  {dataset.status}  {report.rows} rows, {report.valid_rows} of them valid")
    results = [("rule", "column", "severity", "found", "first at line")]
    for validation in report.validations:
        at = str(validation.samples[0].row) if validation.samples else "-"
        results.append((validation.rule, validation.column or "-", validation.severity, str(validation.count), at))
    _print_table(results)
    if report.notes:
        click.echo()
        notes = [(note.kind, "-" if note.line is None else str(note.line), note.value) for note in report.notes]
        _print_table([("note", "line", "text or column"), *notes])


def _print_table(lines: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
