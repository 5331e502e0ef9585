"""Mutants of the code that decides: whether any test notices each small change of it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from keyword import kwlist
from pathlib import Path
from random import Random

from torture.covered import FOLDER as COVERED
from torture.covered import Covered
from torture.mutations import PACKAGES, Mutant, files_of, mutants_of
from torture.runs import FOLDER, ROOT, UNFINISHED, Rounds, Target, current_commit

TESTS = ("tests/unit", "tests/http", "tests/web")
SLOW = ("tests/http/test_fuzzed_requests.py",)
"""Tests that repeat the same request for a long time."""
SURVIVORS = FOLDER / "survivors.json"
"""The mutants of the last full run that no test has noticed. Those of an unfinished run wait beside it."""
_WAITING = FOLDER / UNFINISHED / "survivors.json"
REASONS = Path(__file__).with_name("survivors.toml")
_DRAWN = 100
"""The mutants of a package in a full run, drawn at random. All of them would take half a day. The score of so many lies
within seven points of the score of all, with a probability of 95 %."""
_EACH = 5
"""The mutants of a package in a round."""
_ROUNDS = _DRAWN // _EACH
_TEST_SECONDS = 30.0
"""The processor time of the tests of a mutant, in seconds that they took without it."""


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds, each with five of the mutants that are drawn from every package."""
    drawn = {name: _draw(name) for name in PACKAGES}
    chosen = Chosen(_covered())
    command = [sys.executable, "-m", "torture.trial"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as trials:

        def ask(mutant: Mutant | None, tests: list[str]) -> tuple[str, str]:
            assert trials.stdin
            assert trials.stdout
            trial = {"path": mutant and mutant.path, "number": mutant.number if mutant else 0, "tests": tests}
            trials.stdin.write(json.dumps(trial | {"seconds": 2 * _TEST_SECONDS}) + "\n")
            trials.stdin.flush()
            state, test = json.loads(trials.stdout.readline())
            return state, test

        def play(number: int, _: Random) -> Counter[str]:
            counts, killers = Counter[str](), set[str]()
            if number == 0:
                _WAITING.parent.mkdir(parents=True, exist_ok=True)
                _WAITING.write_text("[]\n", "utf-8")
            for package, mutants in drawn.items():
                for mutant in mutants[number * _EACH :][:_EACH]:
                    tests = chosen.tests_for(mutant)
                    state, test = outcome(ask, mutant, tests)
                    if state == "killed" and not test:  # it could not be imported
                        assert ask(None, tests)[0] == "survived"
                    counts[f"{'survived' if state == 'survived' else 'killed'} in {package}"] += 1
                    killers |= {test} - {""}
                    if state == "survived":
                        _add_survivor(mutant)
            state, test = ask(None, sorted(killers)) if killers else ("survived", "")
            assert state == "survived", f"{test} fails without a mutant too"
            if number == _ROUNDS - 1:
                shutil.copy(_WAITING, SURVIVORS)
            return counts

        yield Rounds(_ROUNDS, play)
        trials.communicate()


Ask = Callable[[Mutant | None, list[str]], tuple[str, str]]
"""Runs tests with a mutant, or without any. Returns "killed", "survived" or "out of time", and the test that fails."""


def outcome(ask: Ask, mutant: Mutant, tests: list[str]) -> tuple[str, str]:
    """Return the outcome of a mutant and the test that has noticed it, which fails because of the mutant.

    A few tests fail when they run after others that they usually run before, or when the machine is busy. Such a
    failure is ignored: the failing test must fail alone too, or after the same tests again but not without the mutant.
    """
    while tests:
        state, test = ask(mutant, tests)
        if state != "killed" or test not in tests or ask(mutant, [test])[0] != "survived":
            return state, test
        before = tests[: tests.index(test) + 1]
        if ask(mutant, before)[0] != "survived" and ask(None, before)[0] == "survived":
            return state, test
        tests = [each for each in tests if each != test]
    return "survived", ""


class Chosen:
    """Chooses the tests that run on a mutant, among those that call a function of its module.

    The tests that run the changed line come first, then those that run another line of the function, and then the rest:
    no test runs the code that runs when a module is imported. Thousands of tests call the function that authenticates a
    request, and few of them run the line that refuses a token. Among these, tests whose names have rare words of the
    change or of the function come first, and then those that call few other functions. The second case of a test comes
    after the first cases of all others.

    The chosen tests of a file run together and in their usual order, because some of them share a service.
    """

    def __init__(self, covered: Mapping[str, Covered]) -> None:
        self._covered = covered
        self._usual = {test: place for place, test in enumerate(covered)}
        named = {name: words_of(name) for name in {test.partition("[")[0] for test in covered}}
        self._words = {test: named[test.partition("[")[0]] for test in covered}
        self._frequency = Counter(word for words in named.values() for word in words)
        self._by_function: defaultdict[str, set[str]] = defaultdict(set)
        self._by_path: defaultdict[str, set[str]] = defaultdict(set)
        self._by_line: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        for test, (_, functions, lines) in covered.items():
            for function in functions:
                self._by_function[function].add(test)
                self._by_path[function.partition(" ")[0]].add(test)
            for path, numbers in lines.items():
                for number in numbers:
                    self._by_line[path, number].add(test)

    def tests_for(self, mutant: Mutant) -> list[str]:
        """Return tests that take 30 seconds together, or all if they take less."""
        callers = self._by_function[f"{mutant.path} {mutant.function}"]
        reaching = set[str]().union(*(self._by_line[mutant.path, line] for line in mutant.lines))
        declared = "" if mutant.function else _source(mutant)  # a constant is known by its name, not by its value
        words = words_of(f"{mutant.path} {mutant.function} {mutant.change} {declared}")

        def rank(test: str) -> tuple[float, int, str]:
            shared = sum(1 / self._frequency[word] for word in self._words[test] & words)
            return -shared, len(self._covered[test].functions), test

        turns, case = Counter[str](), dict[str, int]()
        ranked = sorted(self._by_path[mutant.path], key=rank)
        for test in ranked:
            name = test.partition("[")[0]
            turns[name] += 1
            case[test] = turns[name]
        ranked.sort(key=lambda test: (test not in reaching, test not in callers, case[test]))
        chosen = [*self._in_time(ranked)]
        files = [*dict.fromkeys(_file(test) for test in chosen)]
        return sorted(chosen, key=lambda test: (files.index(_file(test)), self._usual[test]))

    def _in_time(self, tests: Iterable[str]) -> Iterator[str]:
        left = _TEST_SECONDS
        for test in tests:
            if (takes := self._covered[test].seconds) <= left:
                left -= takes
                yield test


def _file(test: str) -> str:
    return test.partition("::")[0]


def _source(mutant: Mutant) -> str:
    lines = (ROOT / mutant.path).read_text("utf-8").splitlines()
    return " ".join(lines[number - 1] for number in mutant.lines)


def words_of(text: str) -> set[str]:
    """Return the words of names, in lower case and without a plural's s, and without the keywords of Python."""
    words = {word.lower() for word in re.findall("[A-Z]?[a-z]{2,}", text)} - {word.lower() for word in kwlist}
    return {word.removesuffix("s") for word in words}


def _draw(package: str) -> list[Mutant]:
    mutants = [mutant for file in files_of(package) for mutant in mutants_of(file)]
    Random(package).shuffle(mutants)
    return mutants[:_DRAWN]


def _covered() -> dict[str, Covered]:
    """Return what each test covers. The tests run once for each commit."""
    folder = Path(tempfile.gettempdir()) / f"portero-{current_commit()}"
    if not any(folder.glob("*.json")):
        folder.mkdir(exist_ok=True)
        ignored = [f"--ignore={path}" for path in SLOW]
        options = ["-q", "-p", "torture.covered", "-n", "2", "--dist", "loadfile"]
        command = [sys.executable, "-m", "pytest", *options, *ignored, *TESTS]
        subprocess.run(command, cwd=ROOT, env={**os.environ, COVERED: str(folder)}, check=False, capture_output=True)
    noted = [json.loads(file.read_text("utf-8")) for file in folder.glob("gw*.json")]
    if not any(noted):
        raise RuntimeError("The tests have not told what they cover; remove the folder, and see why: " + str(folder))
    return {test: Covered(*covered) for tests in noted for test, covered in tests.items()}


def survivors() -> dict[str, str]:
    """Return the reason for each mutant that no test has noticed; "" if it is not known yet."""
    if not SURVIVORS.exists():
        return {}
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    return {id: reasons.get(id, "") for id in json.loads(SURVIVORS.read_text("utf-8"))}


def _add_survivor(mutant: Mutant) -> None:
    kept = json.loads(_WAITING.read_text("utf-8"))
    if mutant.id not in kept:  # an interrupted round may have added it
        _WAITING.write_text(json.dumps([*kept, mutant.id], indent=1, ensure_ascii=False) + "\n", "utf-8")


MUTANTS = Target("mutants", "Tests notice small changes of the code that decides", opened)
