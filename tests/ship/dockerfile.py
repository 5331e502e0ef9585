"""What the tests need to know of the Dockerfile, read from the file itself."""

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """One stage of a Dockerfile: its instructions, in order."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        """The arguments of an instruction whose last occurrence counts."""
        return [text for name, text in self.steps if name == instruction][-1]

    @property
    def env(self) -> dict[str, str]:
        words = [word for name, text in self.steps if name == "ENV" for word in shlex.split(text)]
        return dict(word.split("=", 1) for word in words)

    @property
    def copies(self) -> list[tuple[list[str], str]]:
        """(sources, target) of each COPY that reads the build context."""
        lines = [text.split() for name, text in self.steps if name == "COPY" and "--from=" not in text]
        return [(words[:-1], words[-1]) for words in lines]

    @property
    def user(self) -> tuple[int, int]:
        """Numeric uid and gid; a name is a ValueError."""
        uid, gid = self.last("USER").split(":")
        return int(uid), int(gid)

    @property
    def command(self) -> list[str]:
        """What the container runs; a shell form is a JSONDecodeError."""
        return [*json.loads(self.last("ENTRYPOINT")), *json.loads(self.last("CMD"))]

    @property
    def health(self) -> list[str]:
        command: list[str] = json.loads(self.last("HEALTHCHECK").partition("CMD ")[2])
        return command


def stages(text: str) -> list[Stage]:
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
    """The stage that ships: the last one."""
    return stages((ROOT / "Dockerfile").read_text())[-1]
