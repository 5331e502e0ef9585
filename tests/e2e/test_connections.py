"""Cases of connections that clients keep and attackers misuse. ``make torture-connections`` tries the slow ones too."""

from pathlib import Path

import pytest

from tests.e2e.connections import CASES, FRONTS, OUTCOMES, PATIENT, check, front


@pytest.mark.parametrize("name", FRONTS)
def test_each_case_has_the_outcome_that_is_declared_for_the_server(name: str, tmp_path: Path) -> None:
    with front(name, tmp_path) as port:
        for case in CASES.keys() - PATIENT:
            check(case, name, port)


def test_every_case_has_a_declared_outcome() -> None:
    assert CASES.keys() == OUTCOMES.keys()
