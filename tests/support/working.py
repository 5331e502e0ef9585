"""Fakes for tests that run in one process: a clock, a queue, a job handler, a limiter, interruptions, and users."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NoReturn

from src.application.caller import Caller
from src.application.jobs import Progress
from src.application.limits import Count
from src.application.ports import Message
from src.domain.errors import TooManyRequests, Unavailable
from src.domain.jobs import Job
from src.domain.sessions import Attempt, Method, Proof
from src.domain.users import User
from src.domain.values import Role, Username

NOON = datetime(2030, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)
"""Not a whole second, because tokens and providers count in whole seconds."""


@dataclass
class Watch:
    """A clock that stands still until a test moves it."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def forward(self, by: timedelta | float) -> None:
        self.time += by if isinstance(by, timedelta) else timedelta(seconds=by)


@dataclass
class RecordingQueue:
    """A queue that records the jobs that are sent, and runs none. Implements JobQueue."""

    sent: list[str] = field(default_factory=list)
    takes: int | None = None
    """The number of jobs that it takes before it raises Unavailable; None for any number."""
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

    def check(self) -> None:
        """Do nothing: there is no broker."""

    def close(self, timeout: float) -> bool:
        return True


@dataclass
class Mailbox:
    """A mailer that keeps the mails. ``send`` raises ``error`` if it is set. Implements Mailer."""

    mails: list[Message] = field(default_factory=list)
    error: Exception | None = None

    def send(self, message: Message) -> None:
        if self.error:
            raise self.error
        self.mails.append(message)

    def check(self) -> None:
        """Do nothing."""


class FullLimiter:
    """A limiter that refuses everything."""

    def check(self, *_: Count, whole: bool = False) -> NoReturn:
        raise TooManyRequests(60)

    hit = check

    def give_back(self, attempts: Sequence[Attempt]) -> None:
        """Do nothing, because nothing was counted."""


@dataclass
class FakeHandler:
    """A job handler that does what the test tells it to, and records its calls. Implements JobHandler."""

    does: Callable[[Job, Progress], Any] = lambda job, progress: {"done": job.id}
    asked: list[str] = field(default_factory=list)
    abandoning: Callable[[Job], object] = lambda job: None
    waits: ClassVar[tuple[float, float, float]] = (1.0, 3.0, 9.0)
    postponed_until: ClassVar[tuple[float, float, float, float]] = (3.0, 12.0, 24.0, 43.0)

    def run(self, job: Job, progress: Progress) -> Any:
        self.asked.append("run")
        return self.does(job, progress)

    def abandon(self, job: Job) -> None:
        self.asked.append("abandon")
        self.abandoning(job)

    def resume(self, job: Job) -> None:
        self.asked.append("resume")


class Interruptions:
    """Runs events of a test when the code under test reaches a step, such as "before update"."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self._events: dict[str, list[Callable[[], object]]] = {}

    def on(self, step: str, event: Callable[[], object]) -> None:
        """Run ``event`` once when ``step`` is next reached. If there are several, they run one at a time, in order."""
        self._events.setdefault(step, []).append(event)

    def fail(self, *steps: str, error: BaseException | type[BaseException] = Unavailable) -> None:
        """Raise ``error`` when each of the steps is next reached."""

        def fail() -> None:
            raise error

        for step in steps:
            self.on(step, fail)

    def skip(self, step: str) -> None:
        """Do nothing when ``step`` is next reached."""
        self.on(step, lambda: None)

    def observe(self, step: str) -> None:
        """Record that ``step`` is reached, and run its next event."""
        self.steps.append(step)
        if events := self._events.get(step):
            events.pop(0)()


def person(name: str = "ada", role: Role = Role.USER) -> User:
    return replace(User.new(now=NOON, username=Username.parse(name), email=None, id=name), role=role)


def run_now(step: Callable[[], None]) -> None:
    """Run a background step at once, so that no thread uses a store that the test has closed."""
    step()


def caller_of(user: User, proof: Proof | None = None) -> Caller:
    """Return a user as the caller of a request with a proof: by default, a login with a password just now."""
    return Caller(user, None, proof or Proof((Method.PASSWORD,), datetime.now(UTC)))
