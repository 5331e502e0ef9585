"""docs/explanation/assurance.md: the tests that it names exist, and its tables show the stored runs."""

import ast
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from torture import runs
from torture.evidence import CHAPTERS, PAGE, ROOT, requirements, without_proof
from torture.page import page
from torture.runs import Rounds, Target, advance, resume

REQUIREMENTS = list(requirements())
SIZES = {
    "V2": (4, 7),
    "V3": (8, 11),
    "V4": (2, 8),
    "V5": (4, 5),
    "V6": (13, 22),
    "V7": (6, 12),
    "V8": (4, 3),
    "V9": (4, 3),
    "V11": (3, 11),
    "V13": (1, 12),
    "V14": (2, 7),
    "V15": (3, 10),
    "V16": (0, 16),
}
"""How many requirements of levels 1 and 2 each chapter of the ASVS 5.0.0 has."""


@cache
def named_in(path: str) -> set[str]:
    """Return the names of the tests of a file, with their classes."""
    names = set()
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
    return {name for name in names if name.rpartition("::")[2].startswith("test_")}


def test_every_requirement_of_both_levels_is_on_the_page_once() -> None:
    assert len({each.id for each in REQUIREMENTS}) == len(REQUIREMENTS)
    counts = Counter((each.chapter, each.level) for each in REQUIREMENTS)
    assert {chapter: (counts[chapter, 1], counts[chapter, 2]) for chapter in CHAPTERS} == SIZES


def test_every_test_that_shows_a_requirement_exists() -> None:
    for requirement in REQUIREMENTS:
        for path, _, name in (each.partition("::") for each in requirement.tests):
            assert name in named_in(path), requirement
        assert requirement.kind != "page" or "](" in requirement.evidence, requirement


def test_a_named_test_that_has_not_passed_is_noticed() -> None:
    named = [test for each in REQUIREMENTS for test in each.tests]
    first, *rest = [f"{test}[case]" for test in named if not test.startswith("tests/docker/")]
    assert without_proof([first, *rest]) == []
    assert without_proof([each for each in rest if each != first]) == [first.removesuffix("[case]")]


@pytest.mark.parametrize(("level", "least"), [(1, 1.0), (2, 0.9)])
def test_all_of_level_1_and_nine_tenths_of_level_2_are_met(level: int, least: float) -> None:
    kinds = Counter(each.kind for each in REQUIREMENTS if each.level == level)
    assert kinds["test"] + kinds["page"] >= least * (kinds.total() - kinds["does not apply"])


def test_the_page_has_the_figures_of_the_runs() -> None:
    assert PAGE.read_text("utf-8") == page(), "type `python -m torture.page`"


def test_a_run_goes_on_where_it_ended_and_anew_with_another_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "FOLDER", tmp_path)
    played: list[tuple[int, float]] = []

    def play(number: int, random: Random) -> Counter[str]:
        if number == 2 and len(played) == 2:
            raise ValueError("broken")
        played.append((number, random.random()))
        return Counter({"things": 2})

    def opened_with(goal: int) -> Callable[[], AbstractContextManager[Rounds]]:
        return lambda: nullcontext(Rounds(goal, play))

    target = Target("things", "Things hold", opened_with(4))
    with pytest.raises(ValueError, match="broken") as broken:
        advance(target, resume(target, 7, "abc"), 60)
    assert broken.value.__notes__ == ["This was round 2 of things with the seed 7."]
    assert resume(target, 7, "abc").rounds == 0  # a run that has failed counts nothing
    advance(Target("things", "Things hold", opened_with(3)), resume(target, 7, "abc"), 60)
    advance(target, replace(resume(target, 7, "abc"), goal=4), 60)
    assert [number for number, _ in played] == [0, 1, 0, 1, 2, 3]
    assert played[0] == played[2]
    assert resume(target, 7, "abc").counts == {"things": 8}
    assert resume(target, 8, "abc").rounds == resume(target, 7, "abd").rounds == 0


def test_an_unfinished_run_replaces_a_complete_one_only_when_it_is_complete_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "FOLDER", tmp_path)
    monkeypatch.setattr(runs, "_SAVE_SECONDS", -1)  # every round is stored
    played: list[int] = []

    def play(number: int, _: Random) -> Counter[str]:
        played.append(number)
        if len(played) == 4:
            raise KeyboardInterrupt
        return Counter({"things": 1})

    def published() -> tuple[str, int]:
        run = runs.load("things")
        assert run
        return run.commit, run.rounds

    target = Target("things", "Things hold", lambda: nullcontext(Rounds(2, play)))
    advance(target, resume(target, 7, "abc"), 60)
    with pytest.raises(KeyboardInterrupt):
        advance(target, resume(target, 7, "abd"), 60)
    assert published() == ("abc", 2)
    assert resume(target, 7, "abd").rounds == 1
    advance(target, resume(target, 7, "abd"), 60)
    assert published() == ("abd", 2)
    assert played == [0, 1, 0, 1, 1]
    assert [each.name for each in tmp_path.rglob("*.json")] == ["things.json"]
