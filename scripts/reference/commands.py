"""The commands, from their help."""

from collections.abc import Iterator

import click

from scripts.reference.markdown import anchor, table
from src.interfaces.cli.commands import cli


def sections() -> str:
    """Return a table of all commands, and a section for each one that has options or choices, or more to say."""
    rows, parts = [], []
    for name, command in _commands(cli):
        context = click.Context(command)
        purpose, _, more = (command.help or "").partition("\n\n")
        arguments = [each for each in command.params if isinstance(each, click.Argument)]
        options = [_option(context, each) for each in command.params if isinstance(each, click.Option)]
        choices = any(isinstance(each.type, click.Choice) for each in arguments)
        short = _usage(name, [each.human_readable_name.upper() for each in arguments])
        if not (options or choices or more):
            rows.append((short, purpose))
            continue
        rows.append((f"[{short}](#{anchor(name)})", purpose))
        usage = _usage(name, [each.make_metavar(context) for each in arguments])
        parts.append(f"## {name}\n\n{usage}\n\n{_paragraphs(command.help or '')}")
        parts += [table(["option", "meaning"], options)] if options else []
    return "\n\n".join([table(["command", "purpose"], rows), *parts])


def _usage(name: str, arguments: list[str]) -> str:
    return f"`./portero {' '.join([name, *arguments])}`"


def _commands(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *names, name)
        else:
            yield " ".join((*names, name)), command


def _option(context: click.Context, option: click.Option) -> tuple[str, str]:
    """Return the two columns in which the help shows an option."""
    record = option.get_help_record(context)
    assert record is not None
    return f"`{record[0].replace(' RANGE', '')}`", record[1]


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))
