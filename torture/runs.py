"""Runs the rounds of a target, and stores how far a run has come and what it has counted."""

import hashlib
import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).with_name("results")
UNFINISHED = "unfinished"
"""The folder inside the results for runs that wait until they may replace a complete one."""
_SAVE_SECONDS = 10
_WRITTEN = (":!torture/results", ":!docs/explanation/assurance.md")
"""Files that runs write. Their changes do not make the checkout differ from its commit."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """The rounds of a full run: how many there are, and a function that plays the one with a number.

    The function returns what it has counted, and raises if something broke.
    """

    goal: int
    play: Callable[[int, Random], Counter[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure: its name, what it claims, and how to open what its rounds need."""

    name: str
    claim: str
    open: Callable[[], AbstractContextManager[Rounds]]


@dataclass
class Run:
    """The rounds of a target that have passed, with one seed at one commit."""

    name: str
    claim: str
    seed: int
    commit: str
    goal: int = 0
    rounds: int = 0
    seconds: float = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_complete(self) -> bool:
        """Whether all rounds of the full run have passed."""
        return 0 < self.goal <= self.rounds

    def save(self) -> None:
        """Write the run to ``torture/results``, or to a folder in it while an unfinished run would replace a full one.

        The page shows the runs in ``torture/results`` only, so that a sample never replaces the figures of a full run.
        """
        published = load(self.name)
        unfinished = FOLDER / UNFINISHED
        waits = not self.is_complete and published is not None and published.is_complete
        folder = unfinished if waits else FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**vars(self), "seconds": round(self.seconds, 1)}, indent=1)
        (folder / f"{self.name}.json").write_text(text + "\n", "utf-8")
        if not waits:
            (unfinished / f"{self.name}.json").unlink(missing_ok=True)


def load(name: str) -> Run | None:
    """Return a stored run, or None if there is none. ``name`` may contain the folder of unfinished runs."""
    file = FOLDER / f"{name}.json"
    if not file.exists():
        return None
    stored = json.loads(file.read_text("utf-8"))
    return Run(**{**stored, "counts": Counter(stored["counts"])})


def resume(target: Target, seed: int, commit: str) -> Run:
    """Return the stored run of a target that has this seed and commit, or else a new run."""
    for stored in (load(target.name), load(f"{UNFINISHED}/{target.name}")):
        if stored and (stored.seed, stored.commit) == (seed, commit):
            return stored
    return Run(target.name, target.claim, seed, commit)


def advance(target: Target, run: Run, seconds: float) -> None:
    """Run the next rounds until the full run is complete or the time is over. Raises if a round fails."""
    if run.is_complete:
        return
    with target.open() as rounds:
        run.goal = rounds.goal
        saved, last = run.seconds, time.monotonic()
        end = last + seconds
        while run.rounds < run.goal and last < end:
            try:
                counts = rounds.play(run.rounds, Random(f"{run.seed}:{run.rounds}"))
            except BaseException as error:
                error.add_note(f"This was round {run.rounds} of {target.name} with the seed {run.seed}.")
                raise
            now = time.monotonic()
            run.counts += counts
            run.rounds, run.seconds, last = run.rounds + 1, run.seconds + now - last, now
            if run.seconds > saved + _SAVE_SECONDS:
                run.save()
                saved = run.seconds
    run.save()


def current_commit() -> str:
    """Return the commit that is checked out, with ``+`` and a digest of the changes if files have changed since."""
    commit = _git("rev-parse", "--short=10", "HEAD")
    changes = _git("status", "--porcelain", "--", ".", *_WRITTEN) + _git("diff", "HEAD", "--", ".", *_WRITTEN)
    return f"{commit}+{hashlib.sha256(changes.encode()).hexdigest()[:8]}" if changes else commit


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
