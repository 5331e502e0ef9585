"""The service that gives users a copy of everything that is held about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from src.application.files import FileService, StoredFile
from src.domain.datasets import Dataset, DatasetRepository
from src.domain.dogs import Dog, DogRepository
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import Receipt, ReceiptRepository
from src.domain.sessions import Session, SessionRepository
from src.domain.tasks import Task, TaskRepository
from src.domain.users import User
from src.domain.values import pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A user, and pages of everything that belongs to the user. Each page is read when the iteration reaches it."""

    user: User
    sessions: Iterator[Sequence[Session]]
    tasks: Iterator[Sequence[Task]]
    dogs: Iterator[Sequence[Dog]]
    files: Iterator[Sequence[StoredFile]]
    datasets: Iterator[Sequence[Dataset]]
    jobs: Iterator[Sequence[Job]]
    receipts: Iterator[Sequence[Receipt]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportService:
    """Collects what the repositories hold about a user."""

    sessions: SessionRepository
    tasks: TaskRepository
    dogs: DogRepository
    files: FileService
    datasets: DatasetRepository
    jobs: JobRepository
    receipts: ReceiptRepository

    def export(self, user: User) -> Export:
        """Get everything that the service holds about you.

        Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about
        them; their contents and rows are at their own routes. Also included are the answers that are kept for requests
        with an idempotency key. Passwords and tokens, of which only hashes are stored, are left out, and mails on their
        way, which are kept for a day at most.
        """
        return Export(
            user=user,
            sessions=pages(partial(self.sessions.list_for_user, user.id)),
            tasks=pages(lambda cursor: self.tasks.list_for_user(user.id, cursor=cursor)),
            dogs=pages(lambda cursor: self.dogs.find(user_id=user.id, cursor=cursor)),
            files=pages(partial(self.files.list_of, user)),
            datasets=pages(partial(self.datasets.list_for_user, user.id)),
            jobs=pages(partial(self.jobs.list_for_user, user.id)),
            receipts=pages(partial(self.receipts.list_for_user, user.id)),
        )
