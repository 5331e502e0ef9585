"""Mutants are small changes of a module, each of which compiles and has a name."""

import ast

from torture.mutations import mutants_of, mutated
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
