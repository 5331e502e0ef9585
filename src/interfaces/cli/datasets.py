"""The commands for datasets."""

import hashlib
from pathlib import Path

import click

from src.application.datasets import IncomingDataset
from src.application.strict_json import strict_json
from src.domain.csv import ReadOptions
from src.domain.datasets import Dataset
from src.domain.users import User
from src.domain.values import Role, parse_name
from src.interfaces.cli.arguments import as_bad_parameter, find_user
from src.interfaces.cli.console import Console
from src.interfaces.filenames import safe_filename
from src.interfaces.services import Services


@click.group()
def datasets() -> None:
    """Store and check CSV files."""


@datasets.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="The name of the dataset.")
@click.option("--schema", default="", help="JSON or @FILE. Inferred by default.")
@click.option("--delimiter", help="Detected by default.")
@click.option("--encoding", help="Detected by default.")
@click.option("--owner", help="A username or an e-mail address. By default an admin.")
@click.pass_obj
def add_dataset(
    console: Console,
    file: Path,
    name: str,
    schema: str,
    delimiter: str | None,
    encoding: str | None,
    owner: str | None,
) -> None:
    """Store a CSV file, and print the result of its check."""
    services = console.services()
    if not name.strip():
        raise click.BadParameter("give the dataset a name", param_hint="--name")
    if not file.is_file():
        raise click.BadParameter(f"{file} is not a regular file", param_hint="FILE")
    with as_bad_parameter("--name"):
        name = parse_name(name)
    parsed = services.datasets.parse_schema(_schema(schema))
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    size = file.stat().st_size
    incoming = IncomingDataset(
        file=file,
        name=name,
        filename=safe_filename(file.name),
        size=size,
        sha256=sha256,
        lines=0,  # the operator waits for the check, however large the file is
        read_options=ReadOptions(parsed, delimiter, encoding),
        prefer_job=False,
    )
    user = _owner(services, owner)
    with click.progressbar(length=1000, label=file.name) as bar:
        stored = services.datasets.add(user, incoming, lambda done: bar.update(round(done * 1000) - bar.pos))
    _print_report(stored.dataset)


def _schema(text: str) -> object:
    """Return the JSON in the value of --schema, or in the file that ``@FILE`` names. Raises BadParameter."""
    try:
        text = Path(text[1:]).read_text("utf-8") if text.startswith("@") else text
        return strict_json(text) if text.strip() else None
    except OSError as error:
        raise click.BadParameter(f"{text[1:]}: {error.strerror}", param_hint="--schema") from None
    except ValueError as error:
        raise click.BadParameter(f"this is not valid JSON: {error}", param_hint="--schema") from None


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
    lines = [("rule", "column", "severity", "found", "first at line")]
    for validation in report.validations:
        at = str(validation.samples[0].row) if validation.samples else "-"
        lines.append((validation.rule, validation.column or "-", validation.severity, str(validation.count), at))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
