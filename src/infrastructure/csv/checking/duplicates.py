"""Finds repeated values by their hashes."""

import polars as pl

AT_ONCE = 250_000
"""About how many hashes are compared at once. This bounds the memory, and the hashes fit into the processor's cache."""


def repetitions(hashes: pl.Series) -> pl.Series:
    """Return a series of booleans, true where a hash equals an earlier one. It is false for null.

    Different rows with equal hashes are taken for duplicates. With 64 bits, this happens in one of four million files
    with three million rows each.
    """
    repeated = pl.Series([False]).new_from_index(0, len(hashes))
    # Equal hashes fall into the same part.
    parts = -(-len(hashes) // AT_ONCE)
    for part in range(parts):
        rows = (hashes % parts == part).fill_null(False).arg_true()
        repeated = repeated.scatter(rows.filter(~hashes.gather(rows).is_first_distinct()), True)
    return repeated
