"""The checker, and ways to call it with the content of a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from src.application.ports import EncodedRow
from src.domain.csv import ReadOptions, Report, Row, parse_schema
from src.infrastructure.csv import PolarsCsvChecker
from tests.support.rows import decoded


@pytest.fixture
def checker() -> PolarsCsvChecker:
    return PolarsCsvChecker()


@pytest.fixture
def check(checker: PolarsCsvChecker, tmp_path: Path) -> Callable[..., Report]:
    """Check the content of a file and return the report."""

    def checked(data: str | bytes, schema: object = None, **options: Any) -> Report:
        file = tmp_path / "table.csv"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return checker.check(file, ReadOptions(parse_schema(schema, checker.pattern_flaws), **options))

    return checked


@pytest.fixture
def rows(checker: PolarsCsvChecker, tmp_path: Path) -> Callable[..., list[Row]]:
    """Check the content of a file and return the rows that are stored."""

    def stored(data: str | bytes, schema: object = None, **options: Any) -> list[Row]:
        file = tmp_path / "table.csv"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        rows: list[EncodedRow] = []
        read_options = ReadOptions(parse_schema(schema, checker.pattern_flaws), **options)
        report = checker.check(file, read_options, store=rows.extend)
        return decoded(rows, len(report.columns))

    return stored
