"""The errors that are planted in the files of the corpus, and the files where nothing is wrong."""

from collections.abc import Callable

from tests.http.datasets.corpus import corpus, measure, table
from tests.support.world import Client, Person


def test_the_corpus_has_sixty_files_and_twenty_clean_ones() -> None:
    files = list(corpus())
    assert len(files) >= 60
    assert sum(file.is_clean for file in files) >= 20
    assert all(file.schema for file in files if not file.is_clean)


def test_planted_errors_are_found_and_clean_files_raise_no_alarm(
    client: Client, anna: Person, record_property: Callable[[str, object], None]
) -> None:
    measured = measure(client, anna)
    lines = [table(measured.by_name)]
    for name, tally in measured.by_name.items():
        lines += [f"{name}: {tally.share_found:.1%} found", *(f"  {mistake}" for mistake in tally.mistakes)]
    record_property("summary", "\n".join(lines))
    assert measured.no_schema.share_found >= 0.95
    assert measured.clean.false.total() == 0
    assert measured.suggested_schema.mistakes == []
    assert measured.own_schema.mistakes == []
