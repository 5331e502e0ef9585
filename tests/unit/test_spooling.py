"""The temporary files of uploads."""

import resource
from collections.abc import Iterator

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.spooling import temporary_file


@pytest.fixture
def small_disk() -> Iterator[int]:
    """Limit files of this process to 100 KiB, so that a write is stored in part, as on a nearly full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100 << 10, hard))
    try:
        yield 100 << 10
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_upload_that_the_disk_takes_in_part_is_refused(small_disk: int) -> None:
    with temporary_file([bytes(small_disk)]) as path:
        assert path.stat().st_size == small_disk
    with pytest.raises(Unavailable), temporary_file([bytes(2 * small_disk)]):
        pass
