"""The result of a measure: the samples of each contestant, and figures with their goals."""

import json
import operator
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True)
class Options:
    """The size of a run. ``seconds`` is the length of one load; a round loads every contestant once."""

    rounds: int = 5
    seconds: float = 2
    logins: int = 1_000
    users: int = 1_000_000
    rows: int = 1_000_000


QUICK = Options(rounds=3, seconds=1, logins=100, users=20_000, rows=50_000)


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio or a quantity with a unit: the median of its samples, one sample a round, compared with a goal.

    ``cpu`` has the ratios by CPU time per request, which other load on the machine disturbs less.
    ``limit`` says what keeps the figure from its goal.
    """

    title: str
    samples: Sequence[float]
    unit: str = ""
    goal: float | None = None
    better: Literal["higher", "lower"] = "higher"
    cpu: Sequence[float] = field(default_factory=list)
    limit: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.samples)

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached, or None without a goal."""
        if self.goal is None:
            return None
        reaches = operator.ge if self.better == "higher" else operator.le
        return bool(reaches(round(self.value, 2), self.goal))

    def cells(self) -> list[str]:
        """Return the cells of the figure's row in a table: title, median, range, by CPU, goal, outcome."""
        digits = 2 if not self.unit or self.value < 10 else 0
        unit = f" {self.unit}" if self.unit else ""
        sign = "≥" if self.better == "higher" else "≤"
        return [
            self.title,
            f"{self.value:.{digits}f}{unit}",
            f"{min(self.samples):.{digits}f} to {max(self.samples):.{digits}f}",
            f"{statistics.median(self.cpu):.2f}" if self.cpu else "",
            "" if self.goal is None else f"{sign} {self.goal:g}{unit}",
            {None: "", True: "met", False: f"missed: {self.limit}" if self.limit else "missed"}[self.is_met],
        ]


Series = dict[str, dict[str, list[float]]]
"""For each quantity and each contestant, one sample a round."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a measure. ``error`` says why there is none, and ``run`` has facts about the run."""

    title: str
    series: Series = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    error: str = ""
    run: dict[str, Any] = field(default_factory=dict)

    def save(self, file: Path) -> None:
        """Write the result as JSON, with five digits of each number."""
        rounded = json.loads(json.dumps(asdict(self)), parse_float=lambda text: float(f"{float(text):.5g}"))
        file.write_text(json.dumps(rounded, indent=1, ensure_ascii=False) + "\n", "utf-8")

    @classmethod
    def load(cls, file: Path) -> "Result":
        """Read a result that was saved."""
        saved = json.loads(file.read_text("utf-8"))
        return cls(**saved | {"figures": [Figure(**figure) for figure in saved["figures"]]})


def ratios(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Return the ratio of each round."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]
