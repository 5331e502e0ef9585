"""Builds the services of files."""

from src.application.files import RELAY, FileService, RelayFile
from src.application.jobs import JobHandler, JobPlaces
from src.application.ports import JobQueue
from src.application.stored_objects import ObjectLifecycle
from src.bootstrap.adapters import make_relay
from src.bootstrap.ports import Ports
from src.domain.files import File


def file_handlers(ports: Ports, slow_jobs: JobPlaces) -> dict[str, JobHandler]:
    """Return the handler of the jobs that send files to the relay."""
    relay = make_relay(ports.settings)
    return {RELAY: RelayFile(files=ports.files, blobs=ports.blobs, relay=relay, slow_jobs=slow_jobs)}


def make_file_objects(ports: Ports) -> ObjectLifecycle[File]:
    """Return the object that stores and deletes the records of files together with their contents."""
    return ObjectLifecycle(
        missing="There is no such file.",
        records=ports.files,
        users=ports.users,
        jobs=ports.jobs,
        erase=lambda file: ports.blobs.delete(file.key),
        clock=ports.clock,
    )


def make_files(ports: Ports, objects: ObjectLifecycle[File], queue: JobQueue) -> FileService:
    """Return the service of files."""
    return FileService(objects=objects, jobs=ports.jobs, blobs=ports.blobs, queue=queue, clock=ports.clock)
