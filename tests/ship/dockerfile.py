"""A parser for the parts of a Dockerfile that the tests need."""

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """One stage of a Dockerfile: its base image and its instructions, in order."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        """Return the arguments of the last occurrence of an instruction."""
        return [text for name, text in self.steps if name == instruction][-1]

    @property
    def env(self) -> dict[str, str]:
        """The variables of all ENV instructions."""
        words = [word for name, text in self.steps if name == "ENV" for word in shlex.split(text)]
        return dict(word.split("=", 1) for word in words)

    @property
    def copies(self) -> list[tuple[list[str], str]]:
        """The (sources, target) of each COPY from the build context."""
        lines = [text.split() for name, text in self.steps if name == "COPY" and "--from=" not in text]
        return [(words[:-1], words[-1]) for words in lines]

    @property
    def user(self) -> tuple[int, int]:
        """The numeric user and group. Raises ValueError for a name."""
        uid, gid = self.last("USER").split(":")
        return int(uid), int(gid)

    @property
    def command(self) -> list[str]:
        """The command of the container. Raises JSONDecodeError for the shell form."""
        return [*json.loads(self.last("ENTRYPOINT")), *json.loads(self.last("CMD"))]

    @property
    def health(self) -> list[str]:
        """The command of HEALTHCHECK."""
        command: list[str] = json.loads(self.last("HEALTHCHECK").partition("CMD ")[2])
        return command


def stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile, in order."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found: list[Stage] = []
    for line in lines.replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            found.append(Stage(rest.split()[0]))
        elif name:
            found[-1].steps.append((name, rest.strip()))
    return found


def image() -> Stage:
    """Return the last stage of the Dockerfile, which becomes the image."""
    return stages((ROOT / "Dockerfile").read_text())[-1]


def shipped_files() -> list[tuple[list[str], str]]:
    """Return the (sources, target in the image) of each copy from the project into a layer of the builder."""
    layer = "/layers/code"
    builder = stages((ROOT / "Dockerfile").read_text())[0]
    return [(sources, target.removeprefix(layer)) for sources, target in builder.copies if target.startswith(layer)]
