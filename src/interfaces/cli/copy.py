"""The command that copies one store to another one."""

import click

from src.interfaces.cli.console import Console, RunningCopy


@click.command()
@click.option("--from", "source", required=True, metavar="URL", help="The store to read, as STORE_URL names it.")
@click.option("--to", "target", required=True, metavar="URL", help="An empty store, or the one of a copy to continue.")
@click.pass_obj
def copy(console: Console, source: str, target: str) -> None:
    """Copy everything in one store to another one, and compare the two.

    Stop the service before. A copy that was interrupted continues when the command is repeated. The exit code is 1 if
    the stores differ at the end. Objects in BLOB_URL, such as uploaded files, are not part of a store.
    """
    with console.copy(source, target) as running:
        with click.progressbar(running.copy(), label="copying", show_pos=True, item_show_func=str) as items:
            for _ in items:
                pass
        with click.progressbar(running.compare(), 2 * running.copied, label="comparing", item_show_func=str) as items:
            for _ in items:
                pass
        if not _print_results(running):
            click.echo(
                "The stores differ. If the source has changed meanwhile, copy it again to an empty store.", err=True
            )
            raise click.exceptions.Exit(1)


def _print_results(running: RunningCopy) -> bool:
    """Print the tallies of both stores by collection, and return whether they are equal."""
    same = True
    for name, source, target in running.results():
        equal = (source.count, source.checksum) == (target.count, target.checksum)
        same = same and equal
        shown = f"{source.count}  {source.checksum[:16]}"
        shown += "" if equal else f"  but {target.count}  {target.checksum[:16]} in the target"
        click.echo(f"{'same' if equal else 'DIFFERS':7}  {name:10}  {shown}")
    return same
