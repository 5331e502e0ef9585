"""The verdicts on the rows of all pieces."""

import secrets

import polars as pl

from src.infrastructure.tables.findings import SAMPLES, Findings, Found
from src.infrastructure.tables.polars.duplicates import repetitions
from src.infrastructure.tables.polars.rules import Rules
from src.infrastructure.tables.polars.table import Table

_HASHES = (1 << 64) - 1

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
        widths = {row: f"{len(cells)} cells" for row, cells in table.ragged.items()}
        for rule, values in (("row_width", widths), ("encoding", table.undecoded)):
            found = self._findings.found[rule, None]
            found.count += len(values)
            for row, value in values.items():
                if found.full:
                    break
                found.sample(table.lines[row], value)
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
        odd = [*table.ragged, *table.undecoded]
        self._bad.append(bad.scatter(odd, True) if odd else bad)
        for position, hashes in self._hashes.items():
            if position is None:
                hashes.append(self._rows_hashed(table))
                continue
            hashed = frame[str(position)].hash(self._seed)
            hashes.append(pl.select(pl.when(right[str(position)]).then(hashed)).to_series())

    def _rows_hashed(self, table: Table) -> pl.Series:
        hashes = table.frame.hash_rows(self._seed)
        if not table.ragged:
            return hashes
        # The frame has them cut or filled up to its width.
        ragged = [hash((self._seed, *cells)) & _HASHES for cells in table.ragged.values()]
        return hashes.scatter([*table.ragged], pl.Series(ragged, dtype=pl.UInt64))

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
