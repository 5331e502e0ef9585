"""Reads the requirements of the ASVS, and the evidence for each, from docs/explanation/assurance.md."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/explanation/assurance.md"
CHAPTERS = ("V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "V11", "V13", "V14", "V15", "V16")
_LEVEL = re.compile(r"^Level (\d):$")
_ROW = re.compile(r"^\| (V\d+)\.(\d+\.\d+) \| .+? \| (.+) \|$")
_TEST = re.compile(r"`(tests/[\w/]+\.py::[\w:]+)`")

Kind = Literal["test", "page", "gap", "does not apply"]


class Requirement(NamedTuple):
    """A requirement of the ASVS with the evidence that it is met, or the gap."""

    id: str
    chapter: str
    level: int
    evidence: str

    @property
    def kind(self) -> Kind:
        """Return the kind of the evidence."""
        if self.evidence.startswith("Gap: "):
            return "gap"
        if self.evidence.startswith("Does not apply: "):
            return "does not apply"
        return "test" if self.tests else "page"

    @property
    def tests(self) -> list[str]:
        """Return the tests that the evidence names, as ``path::name``."""
        return _TEST.findall(self.evidence)


def requirements() -> Iterator[Requirement]:
    """Yield the requirements in the order of the page."""
    level = 0
    for line in PAGE.read_text("utf-8").splitlines():
        if heading := _LEVEL.match(line):
            level = int(heading[1])
        elif row := _ROW.match(line):
            yield Requirement(f"{row[1]}.{row[2]}", row[1], level, row[3])


def without_proof(passed: Iterable[str]) -> list[str]:
    """Return the tests named on the page that ``make test`` runs and that have not passed.

    ``passed`` has the ids that pytest gives to tests.
    """
    ran = {id.partition("[")[0] for id in passed}
    named = {test for each in requirements() for test in each.tests}
    return sorted(test for test in named - ran if not test.startswith("tests/docker/"))
