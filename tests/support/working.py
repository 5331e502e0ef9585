"""What jobs and files are tested with: a clock that stands still, a queue that only notes, and people."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from src.application.jobs import Progress
from src.domain.errors import Unavailable
from src.domain.jobs import Job
from src.domain.users import User
from src.domain.values import Role, Username

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


@dataclass
class Watch:
    """A clock that moves when it is told to."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def forward(self, by: timedelta | float) -> None:
        self.time += by if isinstance(by, timedelta) else timedelta(seconds=by)


@dataclass
class RecordingQueue:
    """See JobQueue; nobody hears it."""

    sent: list[str] = field(default_factory=list)
    takes: int | None = None
    """How many more it takes; None for any number."""
    refused: int = 0

    def send(self, job_id: str, delay: float = 0) -> None:
        if self.takes is not None:
            if not self.takes:
                self.refused += 1
                raise Unavailable
            self.takes -= 1
        self.sent.append(job_id)

    def notify(self, job_id: str) -> None:
        self.sent.append(job_id)

    def close(self, timeout: float) -> bool:
        return True


@dataclass
class FakeHandler:
    """See JobHandler: does what it is told to, and notes what it was asked for."""

    does: Callable[[Job, Progress], Any] = lambda job, progress: {"done": job.id}
    asked: list[str] = field(default_factory=list)
    abandoning: Callable[[Job], object] = lambda job: None
    waits: tuple[float, float, float] = (1.0, 3.0, 9.0)
    postponed_until: tuple[float, float, float, float] = (3.0, 12.0, 24.0, 43.0)

    def run(self, job: Job, progress: Progress) -> Any:
        self.asked.append("run")
        return self.does(job, progress)

    def abandon(self, job: Job) -> None:
        self.asked.append("abandon")
        self.abandoning(job)

    def resume(self, job: Job) -> None:
        self.asked.append("resume")


def person(name: str = "ada", role: Role = Role.USER) -> User:
    return replace(User.new(now=NOON, username=Username.parse(name), email=None, id=name), role=role)
