"""Checks a file in passes: one to infer the schema, one to check the rows, one to store them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import islice

import polars as pl

from src.application.ports import EncodedRow
from src.domain.csv import Report, Schema
from src.infrastructure.csv.checking.inference import infer
from src.infrastructure.csv.checking.results import Results
from src.infrastructure.csv.checking.verdicts import PendingSamples, Verdicts, text_at
from src.infrastructure.csv.reading.blocks import Block, BlockReader, prefetched
from src.infrastructure.csv.reading.source import Source

BATCH = 10_000
"""The maximum number of rows in one call of ``store``."""

# polars encodes a struct only, so that the array is wrapped into one. The empty values at its end, which would take
# room in a wide table of short rows, go with the end of the struct.
_CELLS = pl.concat_arr(pl.all()).cast(pl.List(pl.String))
_JSON = pl.struct(_CELLS.alias("")).struct.json_encode().str.strip_prefix('{"":').str.replace(r'(?:,"")*\]\}$', "]")

Store = Callable[[Sequence[EncodedRow]], None]
Progress = Callable[[float], None]


def check_source(source: Source, schema: Schema, store: Store | None, progress: Progress | None) -> Report:
    """Check a file whose form is known, as ``CsvChecker.check`` describes."""
    reader = BlockReader(source)
    # The pool ends with this block, and not whenever a generator that was left early is collected.
    with ThreadPoolExecutor(1) as pool:
        passes = _passes(reader, pool, progress, 2 + (store is not None))
        facts = infer(source, schema, next(passes))
        results = Results.of(source, schema, facts)
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
                _store(block, invalid.slice(begin, block.frame.height), verdicts.findings(block, begin), store)
            begin += block.frame.height
    if progress:
        progress(1.0)
    return results.report(len(invalid), int((~invalid).sum()))


def _add_samples(block: Block, begin: int, pending: PendingSamples, delimiter: str) -> None:
    """Add the pending samples of the rows of a block; ``begin`` is the number of rows before it."""
    for row in sorted(row for row in pending if begin <= row < begin + block.frame.height):
        for result, position in pending[row]:
            result.add_sample(block.lines[row - begin], text_at(block, row - begin, position, delimiter))


def _store(block: Block, invalid: pl.Series, findings: dict[int, str], store: Store) -> None:
    texts = block.frame.select(_JSON).to_series().to_list()
    for row, found in findings.items():
        texts[row] = f"{texts[row][:-1]}{',' if texts[row] != '[]' else ''}{found}]"
    rows = zip(block.lines.to_list(), (~invalid).to_list(), texts, strict=True)
    while batch := list(islice(rows, BATCH)):
        store(batch)


def _passes(reader: BlockReader, pool: Executor, progress: Progress | None, total: int) -> Iterator[Iterator[Block]]:
    """Yield all blocks of the file for each of ``total`` passes. Call ``progress`` with the share of all passes."""

    def of_pass(number: int) -> Iterator[Block]:
        for block in prefetched(reader.blocks(), pool):
            if progress:
                progress((number + block.share) / total)
            yield block

    return map(of_pass, range(total))
