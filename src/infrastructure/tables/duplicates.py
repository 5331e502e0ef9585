"""Finds repeated values by their hashes."""

from collections.abc import Sequence

import polars as pl

AT_ONCE = 750_000
"""About how many hashes are compared at once."""


def repetitions(hashes: Sequence[pl.Series]) -> list[pl.Series]:
    """Return for each block of hashes a series of booleans, true where a hash equals an earlier one of any block.

    It is false for null. Different rows with equal hashes are taken for duplicates. With 64 bits, this happens in one
    of four million files with three million rows each.
    """
    repeated = [pl.Series([False]).new_from_index(0, len(block)) for block in hashes]
    # Equal hashes fall into the same part, and the parts are compared one after the other to save memory.
    parts = -(-sum(map(len, hashes)) // AT_ONCE)
    for part in range(parts):
        rows = [(block % parts == part).fill_null(False).arg_true() for block in hashes]
        values = pl.concat([block.gather(chosen) for block, chosen in zip(hashes, rows, strict=True)])
        again, begin = ~values.is_first_distinct(), 0
        for at, chosen in enumerate(rows):
            repeated[at] = repeated[at].scatter(chosen.filter(again.slice(begin, len(chosen))), True)
            begin += len(chosen)
    return repeated
