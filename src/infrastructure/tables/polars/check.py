"""The verdicts on the rows of all pieces."""

import secrets

import polars as pl

from src.infrastructure.tables.findings import SAMPLES, Findings, Found
from src.infrastructure.tables.polars.duplicates import repetitions
from src.infrastructure.tables.polars.rules import Rules
from src.infrastructure.tables.polars.table import Table

Wanted = dict[int, list[tuple[Found, int | None]]]
"""By row, where its line is still to be noted, and its value in a column or its text."""


class Check:
    """The verdicts on all rows, but for those that only all rows together decide."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._rows = 0
        self._bad: list[pl.Series] = []
        # Nobody who does not know it can make rows of one hash.
        self._seed = secrets.randbits(64)
        self._hashes: dict[int | None, list[pl.Series]] = {position: [] for position in [None, *findings.unique]}
        self._columns = [Rules(findings, at, column) for at, column in enumerate(findings.columns)]

    def table(self, table: Table) -> None:
        """Look at the next rows."""
        frame, whole = table.frame, table.whole
        self._rows += frame.height
        self._findings.bound(self._rows)
        for rule, cells in (("row_width", table.widths), ("encoding", table.undecoded)):
            found = self._findings.found[rule, None]
            found.count += len(cells)
            for row, cell in cells.items():
                if found.full:
                    break
                found.sample(table.lines[row], f"{cell} cells" if isinstance(cell, int) else cell)
        right = frame.select(rules.right.alias(str(rules.at)) for rules in self._columns)
        if whole is not None:
            right = right.select(pl.all() & whole)
        judged = frame.hstack(right.rename(lambda at: f"right {at}"))
        broken = judged.select(
            mask.alias(f"{rules.at}:{rule}") for rules in self._columns for rule, mask in rules.broken(judged, whole)
        )
        counts = broken.select(pl.all().sum()).row(0, named=True) if broken.width else {}
        for name, count in counts.items():
            at, _, rule = name.partition(":")
            found = self._findings.found[rule, int(at)]
            found.count += count
            if count and not found.full:
                for row in broken[name].arg_true().head(SAMPLES - len(found.samples)):
                    found.sample(table.lines[row], frame[at][row])
        rest = pl.Series([False]).new_from_index(0, frame.height)
        bad = broken.select(pl.any_horizontal(pl.all())).to_series() if broken.width else rest
        odd = [*table.widths, *table.undecoded]
        self._bad.append(bad.scatter(odd, True) if odd else bad)
        for position, hashes in self._hashes.items():
            hashed = frame.hash_rows(self._seed) if position is None else frame[str(position)].hash(self._seed)
            counted = whole if position is None else right[str(position)]
            hashes.append(hashed if counted is None else pl.select(pl.when(counted).then(hashed)).to_series())

    def duplicates(self) -> tuple[list[pl.Series], Wanted]:
        """Which rows are bad after all, by piece, and what is still to be noted of those that repeat others."""
        bad, wanted = self._bad, Wanted()
        for position in list(self._hashes):
            found = self._findings.found["duplicate_row" if position is None else "unique", position]
            repeated = repetitions(self._hashes.pop(position))
            begin = 0
            for rows in repeated:
                for row in rows.arg_true().head(SAMPLES - min(found.count, SAMPLES)):
                    wanted.setdefault(begin + row, []).append((found, position))
                found.count += int(rows.sum())
                begin += len(rows)
            bad = [one | other for one, other in zip(bad, repeated, strict=True)] if found.count else bad
        return bad, wanted
