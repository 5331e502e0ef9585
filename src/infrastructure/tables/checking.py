"""Checks a file in passes: one to infer the schema, one to check the rows, one to store them."""

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from src.domain.tables import Column, Report, Row
from src.infrastructure.tables.blocks import Block, BlockReader, prefetched
from src.infrastructure.tables.inference import infer
from src.infrastructure.tables.results import Results
from src.infrastructure.tables.source import Source
from src.infrastructure.tables.verdicts import PendingSamples, Verdicts

BATCH = 5_000
"""The number of rows that are stored at once."""

Store = Callable[[Sequence[Row]], None]
Progress = Callable[[float], None]


def check_source(source: Source, schema: Sequence[Column], store: Store | None, progress: Progress | None) -> Report:
    """Check a file whose form is known, as ``CsvChecker.check`` describes."""
    reader = BlockReader(source)
    passes = _passes(reader, progress, 1 + (not schema) + (store is not None))
    inferred = () if schema else infer(source, next(passes))
    results = Results.of(source, schema, inferred)
    verdicts = Verdicts(results)
    for block in next(passes):
        verdicts.add(block)
    invalid, pending = verdicts.with_duplicates()
    begin, end = 0, len(invalid) if store else 1 + max(pending, default=-1)
    blocks = next(passes) if store else reader.blocks()
    # Which rows are duplicates is known only now, so that samples of them are taken when the file is read again.
    while begin < end:
        block = next(blocks)
        _add_samples(block, begin, pending, source.delimiter)
        if store:
            _store(block, invalid.slice(begin, block.frame.height), store)
        begin += block.frame.height
    if progress:
        progress(1.0)
    return results.report(len(invalid), int((~invalid).sum()))


def _add_samples(block: Block, begin: int, pending: PendingSamples, delimiter: str) -> None:
    """Add the pending samples of the rows of a block; ``begin`` is the number of rows before it."""
    for row in sorted(row for row in pending if begin <= row < begin + block.frame.height):
        cells = block.ragged.get(row - begin) or block.frame.row(row - begin)
        for result, position in pending[row]:
            result.add_sample(block.lines[row - begin], delimiter.join(cells) if position is None else cells[position])


def _store(block: Block, invalid: pl.Series, store: Store) -> None:
    for at in range(0, len(invalid), BATCH):
        cells = zip(*(column.to_list() for column in block.frame.slice(at, BATCH)), strict=True)
        valid = (~invalid.slice(at, BATCH)).to_list()
        store(list(zip(block.lines.slice(at, BATCH).to_list(), valid, map(list, cells), strict=True)))


def _passes(reader: BlockReader, progress: Progress | None, total: int) -> Iterator[Iterator[Block]]:
    """Yield the blocks of the file once for each of ``total`` passes; tell ``progress`` the share that is done."""

    def of_pass(number: int) -> Iterator[Block]:
        for block in prefetched(reader.blocks()):
            if progress:
                progress((number + block.share) / total)
            yield block

    return map(of_pass, range(total))
