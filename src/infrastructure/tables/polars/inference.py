"""What the columns of a file look like, counted column by column."""

import polars as pl

from src.domain.tables import Column, ColumnType
from src.infrastructure.tables.engine import Progress
from src.infrastructure.tables.findings import usable_names
from src.infrastructure.tables.inference import CANDIDATES, CODE, INFERRED, Evidence
from src.infrastructure.tables.polars.pieces import Reader
from src.infrastructure.tables.source import Source


def infer(source: Source, reader: Reader, read: Progress | None) -> list[Column]:
    """The schema of a file that came without one."""
    names, _ = usable_names(source.header)
    evidence = [Evidence() for _ in names]
    # A type is out of the question when more than 1 % of all values that there can be do not look like it.
    bound = source.file.stat().st_size // len(names)
    looks = {type: f"^(?:{grammar})$" for type, grammar in INFERRED.items()} | {"code": f"^(?:{CODE})$"}
    open_types: list[list[ColumnType]] = [list(CANDIDATES) for _ in names]
    for _, table in reader.cut(read):
        frame = table.frame if table.whole is None else table.frame.filter(table.whole)
        counts = [(pl.col(str(at)) != "").sum().alias(f"{at}") for at in range(len(names))]
        for at, types in enumerate(open_types):
            asked = [*types, "code"] if {ColumnType.INTEGER, ColumnType.NUMBER} & {*types} else types
            counts += [pl.col(str(at)).str.contains(looks[look]).sum().alias(f"{at}:{look}") for look in asked]
        found = frame.select(counts).row(0, named=True)
        for at, (about, types) in enumerate(zip(evidence, open_types, strict=True)):
            about.rows += frame.height
            about.values += found[str(at)]
            about.codes += found.get(f"{at}:code", 0)
            for type in [*types]:
                about.of[type] += found[f"{at}:{type}"]
                if 100 * (about.values - about.of[type]) > bound:
                    types.remove(type)
                    about.of[type] = 0
    return [about.column(name) for about, name in zip(evidence, names, strict=True)]
