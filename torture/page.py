"""Writes the tables of figures and of counts in docs/explanation/assurance.md.

``python -m torture.page`` writes them from the stored results.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from torture.evidence import CHAPTERS, PAGE, Kind, requirements
from torture.mutants import survivors
from torture.mutations import PACKAGES
from torture.runs import Run, load

BEGIN, END = "<!-- written by `make torture` -->", "<!-- end of what `make torture` writes -->"
_FIGURES = (
    *("tokens", "races", "refresh", "kills", "replies"),
    *("matrix", "dependencies", "fuzz", "machines", "histories", "connections", "load", "mutants"),
)
"""The names of the runs in the order of the page."""
_CELL = " | "
"""Separates the row, the column and the outcome in the name of a count."""
_KINDS: tuple[Kind, ...] = ("test", "page", "gap", "does not apply")


def write() -> None:
    """Write the tables into the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page with current tables."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    written = f"{figures()}\n\nOWASP ASVS, by level and chapter:\n\n{coverage()}"
    return f"{before}{BEGIN}\n\n{written}\n\n{END}{rest.partition(END)[2]}"


def figures() -> str:
    """Return the table of the stored runs, and a table of details for each run that counts by two criteria."""
    runs = [run for name in _FIGURES if (run := load(name))]
    rows = [
        [_command(run), run.claim, counted(run), _thousands(f"{run.rounds:,} of {run.goal:,}"), *_when(run)]
        for run in runs
    ]
    table = _table(["command", "what held", "counted", "rounds of a full run", "seed", "commit", "minutes"], rows)
    return "\n\n".join([table, *(details(run) for run in runs if _cells(run)), *mutants()])


def details(run: Run) -> str:
    """Return a table of the outcomes that a run has counted under names such as ``row | column | outcome``."""
    cells = _cells(run)
    rows, columns = (list(dict.fromkeys(cell[part] for cell in cells)) for part in (0, 1))
    table = [
        [
            row,
            *(
                ", ".join(_times(cells[cell], cell[2]) for cell in sorted(cells) if cell[:2] == (row, column))
                for column in columns
            ),
        ]
        for row in sorted(rows)
    ]
    return f"{_command(run)}:\n\n" + _table(["", *columns], table)


def mutants() -> Iterator[str]:
    """Yield the tables of the mutants: how many a test has noticed, by package, and those that no test has noticed."""
    if run := load("mutants"):
        rows = [[name, *_score(run, (name,))] for name in PACKAGES] + [["all", *_score(run, PACKAGES)]]
        yield f"{_command(run)}:\n\n" + _table(["code", "noticed", "not noticed", "score"], rows)
        found = [[_in_cell(id), reason or "not known"] for id, reason in survivors().items()]
        yield _table(["change that no test notices", "why"], found)


def _score(run: Run, packages: Iterable[str]) -> list[str]:
    killed, survived = (sum(run.counts[f"{how} in {name}"] for name in packages) for how in ("killed", "survived"))
    return [str(killed), str(survived), f"{100 * killed / (killed + survived or 1):.0f} %"]


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|")


def coverage() -> str:
    """Return the table of how many requirements are met, by level and chapter."""
    counts = Counter((each.level, each.chapter, each.kind) for each in requirements())
    rows = []
    for level in (1, 2):
        for chapter in CHAPTERS:
            rows.append([str(level), chapter, *(str(counts[level, chapter, kind] or "") for kind in _KINDS)])
        sums = [sum(counts[level, chapter, kind] for chapter in CHAPTERS) for kind in _KINDS]
        tested, documented, gaps, _ = sums
        met = f"all: {100 * (tested + documented) / (tested + documented + gaps):.0f} % met"
        rows.append([f"**{level}**", f"**{met}**", *(f"**{each}**" for each in sums)])
    return _table(["level", "chapter", "shown by a test", "by a page", "gaps", "do not apply"], rows)


def _command(run: Run) -> str:
    return f"`make torture-{run.name}`"


def counted(run: Run) -> str:
    """Return the counts of a run, without its details."""
    return ", ".join(_thousands(f"{count:,} {what}") for what, count in run.counts.items() if _CELL not in what)


def _cells(run: Run) -> dict[tuple[str, str, str], int]:
    """Return the counts by their row, their column and their outcome."""
    parts = {what: what.split(_CELL) for what in run.counts if _CELL in what}
    return {(row, column, outcome): run.counts[what] for what, (row, column, outcome) in parts.items()}


def _times(count: int, outcome: str) -> str:
    return outcome if count == 1 else f"{count} times {outcome}"


def _thousands(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3})", " ", text)


def _when(run: Run) -> tuple[str, str, str]:
    return str(run.seed), f"`{run.commit}`", f"{run.seconds / 60:.1f}"


def _table(titles: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *rows))


if __name__ == "__main__":
    write()
