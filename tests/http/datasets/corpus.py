"""The corpus of CSV files in tests/corpus, and how many of the errors that are planted in them a check finds.

Beside each file is a JSON file: ``planted`` lists the errors that a careful reader finds, ``schema`` is a schema under
which a check finds all of them, and ``options`` are parameters of the upload.

``python -m tests.http.datasets.corpus`` measures, and writes the table of docs/explanation/datasets.md.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.http.datasets.support import summarise, upload
from tests.support.markdown import ROOT
from tests.support.world import Client, Person, build, client_of, join

FOLDER = Path(__file__).parents[2] / "corpus"
PAGE = ROOT / "docs/explanation/datasets.md"
BEGIN, END = "<!-- corpus: begin -->", "<!-- corpus: end -->"
"""The lines of a page between which ``write_table`` puts the table."""
_WHOLE_ROW = {"summary_row", "row_width", "encoding"}
"""Rules that make every other finding in their row a consequence."""
_REPETITIONS = {"duplicate_row", "near_duplicate_row", "repeated_id", "unique"}
"""Rules that can report the same second occurrence of a row."""


class Finding(NamedTuple):
    """A cell that a check reports, or a whole row if ``column`` is None."""

    rule: str
    column: str | None
    row: int


def plain(column: str | None) -> str | None:
    """Return the name of a column without case, accents and blanks around it, as names of a schema are compared."""
    decomposed = unicodedata.normalize("NFKD", column or "").casefold().strip()
    return column and "".join(char for char in decomposed if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True)
class Planted:
    """An error in a file. A check may report it under any of ``rules``."""

    rules: tuple[str, ...]
    column: str | None
    row: int
    optional: bool
    """Whether a check may report the error or not: both count as right."""

    def is_reported_by(self, finding: Finding, *, any_rule: bool) -> bool:
        """Return whether a finding reports this error, or its cell under ``any_rule``."""
        if finding.row != self.row:
            return False
        same_column = plain(finding.column) == plain(self.column)
        by_rule = finding.rule in self.rules and (same_column or finding.column is None)
        return by_rule or (any_rule and same_column and self.column is not None)

    def explains(self, finding: Finding) -> bool:
        """Return whether a finding is no false alarm because of this error."""
        if finding.row != self.row:
            return False
        if self.column is not None and plain(finding.column) == plain(self.column):
            return True
        rules = {*self.rules}
        is_repetition = bool(rules & _REPETITIONS) and finding.rule in _REPETITIONS
        return is_repetition or finding.rule in rules or bool(rules & _WHOLE_ROW)


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """A CSV file with its planted errors and its schema."""

    path: Path
    planted: tuple[Planted, ...]
    schema: dict[str, Any] | None
    options: dict[str, Any]

    @property
    def is_clean(self) -> bool:
        """Whether a careful reader finds no error."""
        return all(planted.optional for planted in self.planted)


def corpus() -> Iterator[CorpusFile]:
    """Yield every file of the corpus."""
    for path in sorted(FOLDER.glob("*.csv")):
        about = json.loads(path.with_suffix(".json").read_text("utf-8"))
        planted = [
            Planted(tuple(rule if isinstance(rule, list) else [rule]), each["column"], row, "optional" in each)
            for each in about["planted"]
            for rule in [each["rule"]]
            for row in each["rows"]
        ]
        yield CorpusFile(path, tuple(planted), about.get("schema"), about.get("options", {}))


def findings(dataset: Mapping[str, Any]) -> list[Finding]:
    """Return the findings in the validations of a dataset. A violation without a sample has row 0."""
    return [
        Finding(each["rule"], each["column"], row)
        for each in dataset["validations"]
        for row in [sample["row"] for sample in each["samples"]] + [0] * (each["count"] - len(each["samples"]))
    ]


@dataclass(slots=True)
class Tally:
    """The planted errors that were found and missed, and the false alarms, by rule; with a line for each mistake."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)

    def add(self, file: CorpusFile, reported: Iterable[Finding], *, any_rule: bool = False) -> None:
        """Compare the findings of a check with what is planted in the file."""
        reported = list(reported)
        for planted in file.planted:
            if any(planted.is_reported_by(finding, any_rule=any_rule) for finding in reported):
                self.found[planted.rules[0]] += not planted.optional
            elif not planted.optional:
                self.missed[planted.rules[0]] += 1
                self._note("missed", file, Finding("|".join(planted.rules), planted.column, planted.row))
        for finding in reported:
            if not any(planted.explains(finding) for planted in file.planted):
                self.false[finding.rule] += 1
                self._note("false", file, finding)

    def add_refused(self, file: CorpusFile, reason: object) -> None:
        """Count everything that is planted in a file as missed, because the file or its schema was refused."""
        self.mistakes.append(f"refused: {file.path.name}: {reason}")
        self.add(file, [])

    def _note(self, mistake: str, file: CorpusFile, at: Finding) -> None:
        where = f"line {at.row}" + (f", {at.column}" if at.column else "")
        self.mistakes.append(f"{mistake}: {file.path.name}, {where}: {at.rule}")

    @property
    def share_found(self) -> float:
        """The share of the planted errors that were found."""
        planted = self.found.total() + self.missed.total()
        return self.found.total() / planted if planted else 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The results for the whole corpus: without a schema, with the schema of the summary, and with the file's own."""

    no_schema: Tally = field(default_factory=Tally)
    suggested_schema: Tally = field(default_factory=Tally)
    own_schema: Tally = field(default_factory=Tally)
    clean: Tally = field(default_factory=Tally)
    """The clean files only, without a schema and with the suggested one."""

    @property
    def by_name(self) -> dict[str, Tally]:
        """The tallies of the table, by their titles."""
        return {
            "without a schema": self.no_schema,
            "with the suggested schema": self.suggested_schema,
            "with a schema of one's own": self.own_schema,
        }


def measure(client: Client, person: Person) -> Measured:
    """Upload every file in three ways, and count the errors found."""
    measured = Measured()

    def check(file: CorpusFile, schema: object, *tallies: Tally) -> dict[str, Any] | None:
        made = upload(client, person, file.path.read_bytes(), file.path.name, schema=schema, **file.options)
        for tally in tallies:
            if made.status_code == 201:
                tally.add(file, findings(made.json), any_rule=schema is not None)
            else:
                tally.add_refused(file, made.json["errors"][0] if "errors" in made.json else made.json["detail"])
        suggested: dict[str, Any] | None = None
        if made.status_code == 201:
            suggested = summarise(client, person, made).json["suggested_schema"]
        return suggested

    for file in corpus():
        clean = [measured.clean] if file.is_clean else []
        suggested = check(file, None, measured.no_schema, *clean)
        check(file, suggested, measured.suggested_schema, *clean)
        if file.schema:
            check(file, file.schema, measured.own_schema)
    return measured


def table(tallies: Mapping[str, Tally]) -> str:
    """Return a Markdown table: a line for each rule, and found, missed and false alarms for each tally."""
    counters = [counter for each in tallies.values() for counter in (each.found, each.missed, each.false)]
    rules = sorted({rule for counter in counters for rule in +counter})
    lines = [
        "| rule | planted |" + "".join(f" {name}: found | missed | false alarms |" for name in tallies),
        "|---|--:|" + "--:|--:|--:|" * len(tallies),
    ]
    for rule in [*rules, ""]:
        counts = [
            [counter[rule] if rule else counter.total() for counter in (each.found, each.missed, each.false)]
            for each in tallies.values()
        ]
        planted = max(found + missed for found, missed, _ in counts)
        cells = [f"`{rule}`" if rule else "**all**", planted, *(count for each in counts for count in each)]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def write_table(page: Path, text: str) -> None:
    """Replace the lines between BEGIN and END of a page with the table."""
    before, _, rest = page.read_text("utf-8").partition(f"{BEGIN}\n")
    page.write_text(f"{before}{BEGIN}\n{text}{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    client = client_of(build())
    write_table(PAGE, table(measure(client, join(client, "uploader")).by_name))
