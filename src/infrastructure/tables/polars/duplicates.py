"""What repeats something earlier, among hashes."""

from collections.abc import Sequence

import polars as pl

_AT_ONCE = 750_000


def repetitions(hashes: Sequence[pl.Series]) -> list[pl.Series]:
    """For each, piece by piece, whether it is the second or a later occurrence, and not null.

    64 bits: among three million different rows two are taken for equal once in four million files.
    """
    repeated = [pl.Series([False]).new_from_index(0, len(piece)) for piece in hashes]
    parts = -(-sum(map(len, hashes)) // _AT_ONCE)  # so that what is compared at once stays small
    for part in range(parts):
        rows = [(piece % parts == part).fill_null(False).arg_true() for piece in hashes]
        values = pl.concat([piece.gather(chosen) for piece, chosen in zip(hashes, rows, strict=True)])
        again, begin = ~values.is_first_distinct(), 0
        for at, chosen in enumerate(rows):
            repeated[at] = repeated[at].scatter(chosen.filter(again.slice(begin, len(chosen))), True)
            begin += len(chosen)
    return repeated
