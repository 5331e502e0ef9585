"""Mutants are small changes of a module, each of which compiles and has a name."""

import ast

from torture.covered import Covered
from torture.mutants import Chosen, outcome
from torture.mutations import Mutant, mutants_of, mutated
from torture.runs import ROOT

MODULE = "src/application/caller.py"


def test_each_mutant_differs_from_the_module_and_compiles() -> None:
    original = ast.dump(ast.parse((ROOT / MODULE).read_text("utf-8")))
    mutants = mutants_of(MODULE)
    assert len(mutants) > 20
    for mutant in mutants:
        tree = mutated(MODULE, mutant.number)
        assert ast.dump(tree) != original, mutant
        compile(tree, MODULE, "exec")


def test_the_checks_of_a_caller_are_mutated() -> None:
    changes = {mutant.change for mutant in mutants_of(MODULE) if mutant.function == "Caller.require_admin"}
    assert changes == {
        "`self.user.role is not Role.ADMIN` → `self.user.role is Role.ADMIN`",
        "`raise self.refusal(detail, Role.ADMIN)` → `pass`",
        "`self.require_two_factors()` → `pass`",
    }


def test_each_mutant_has_an_id_of_its_own() -> None:
    for path in (MODULE, "src/interfaces/http/framework/operations.py"):
        mutants = mutants_of(path)
        assert len({mutant.id for mutant in mutants}) == len(mutants)


def test_the_tests_that_run_the_changed_line_come_first() -> None:
    refused = next(each for each in mutants_of(MODULE) if each.change == "`raise InvalidToken` → `pass`")
    function, other = f"{MODULE} {refused.function}", f"{MODULE} Caller.require_scope"
    covered = {
        "tests/a.py::test_that_calls_another_function": Covered(1, [other], {MODULE: [1]}),
        "tests/b.py::test_require_current_invalid_token": Covered(1, [function], {MODULE: [refused.lines[0] - 1]}),
        "tests/c.py::test_that_is_refused": Covered(1, [function], {MODULE: [*refused.lines]}),
        "tests/d.py::test_that_takes_long": Covered(99, [function], {MODULE: [*refused.lines]}),
        "tests/e.py::test_of_another_module": Covered(1, ["src/domain/dogs.py parse_dog_name"], {}),
    }
    names = [test.partition("::")[2] for test in Chosen(covered).tests_for(refused)]
    assert names == ["test_that_is_refused", "test_require_current_invalid_token", "test_that_calls_another_function"]


def test_a_mutant_knows_the_lines_that_it_changes() -> None:
    lines = (ROOT / MODULE).read_text("utf-8").splitlines()
    for mutant in mutants_of(MODULE):
        if mutant.change.startswith("`raise"):
            assert lines[mutant.lines[0] - 1].lstrip().startswith("raise")


def test_the_chosen_tests_of_a_file_keep_their_usual_order() -> None:
    mutant = mutants_of(MODULE)[0]
    function = f"{MODULE} {mutant.function}"
    covered = {
        "tests/a.py::test_first": Covered(1, [function], {}),
        "tests/a.py::test_second": Covered(1, [function], {MODULE: [*mutant.lines]}),
        "tests/b.py::test_other": Covered(1, [function], {}),
    }
    assert Chosen(covered).tests_for(mutant) == [*covered]


def test_a_failure_that_the_mutant_does_not_cause_is_ignored() -> None:
    mutant = mutants_of(MODULE)[0]

    def ask(changed: Mutant | None, tests: list[str]) -> tuple[str, str]:
        """Fail "late" after "early" in any case, "shared" after "early" with the mutant, and "real" with the mutant."""
        for test in tests:
            is_after = tests[0] == "early" != test
            if (test == "late" and is_after) or (changed and (test == "real" or (test == "shared" and is_after))):
                return "killed", test
        return "survived", ""

    assert outcome(ask, mutant, ["early", "late"]) == ("survived", "")
    assert outcome(ask, mutant, ["early", "late", "real"]) == ("killed", "real")
    assert outcome(ask, mutant, ["early", "shared"]) == ("killed", "shared")
    assert outcome(ask, mutant, []) == ("survived", "")
    assert outcome(lambda *_: ("killed", ""), mutant, ["early"]) == ("killed", "")  # it could not be imported
    assert outcome(lambda *_: ("out of time", ""), mutant, ["early"]) == ("out of time", "")
