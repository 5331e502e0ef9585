"""A world in which files are stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from src.application.files import FileService, IncomingFile, StoredFile
from src.application.ports import BlobStore
from src.application.stored_objects import ObjectLifecycle
from src.domain.files import File, FileRepository
from src.domain.receipts import IdempotentCreate
from src.domain.users import User
from src.domain.values import Page
from src.infrastructure.repositories.files import Files
from tests.support.remote import Observed
from tests.unit.stored_objects.world import ADA, COMMITS, Observe, Process, World

TEXT = [b"Ada ", b"Lovelace"]


@dataclass
class FileProcess(Process):
    """The services of one process for files."""

    service: FileService


class FileWorld(World[FileProcess]):
    """A world whose stored objects are files."""

    content = b"".join(TEXT)

    def __init__(self) -> None:
        super().__init__()
        self.records = self.files = Files(self.store)

    def process(self, observe: Observe) -> FileProcess:
        files = cast(FileRepository, Observed(self.files, COMMITS, observe))
        blobs = cast(BlobStore, Observed(self.blobs, {"put", "delete"}, observe))
        objects = ObjectLifecycle(
            missing="There is no such file.",
            records=files,
            users=self.users,
            jobs=self.jobs,
            erase=lambda file: blobs.delete(file.key),
            clock=self.watch,
        )
        service = FileService(objects=objects, jobs=self.jobs, blobs=blobs, queue=self.queue, clock=self.watch)
        return FileProcess(service, objects, files)

    def add(
        self,
        process: FileProcess | None = None,
        chunks: Iterable[bytes] = TEXT,
        owner: User = ADA,
        key: str | None = "key",
    ) -> StoredFile:
        idempotent = IdempotentCreate(self._receipt(key), self._answer) if key else None
        return (process or self.here).service.add(owner, IncomingFile("x.txt", "text/plain", chunks), idempotent)

    def pending(self, id: str) -> File:
        return File(id, "ada", self.watch(), "x", "x", job_id="job")

    def store_one(self, process: FileProcess | None = None, owner: User = ADA, key: str | None = "key") -> File:
        return self.add(process, owner=owner, key=key).file

    def show(self, caller: User, id: str) -> File:
        return self.here.service.show(caller, id).file

    def list(self, caller: User, cursor: str | None = None, limit: int = 10) -> Page[File]:
        page = self.here.service.list(caller, cursor, limit)
        return Page([stored.file for stored in page.items], page.next)

    def file(self, id: str) -> File:
        file = self.files.get(id)
        assert file
        return file

    @staticmethod
    def _answer(stored: StoredFile) -> tuple[str, Mapping[str, Any]]:
        assert stored.job
        return "fingerprint", {"id": stored.file.id}
