"""Builds the services of dogs."""

from src.application.dogs import PICTURE, DogService, FetchPicture
from src.application.jobs import JobHandler
from src.application.ports import JobQueue
from src.bootstrap.ports import Ports


def dog_handlers(ports: Ports) -> dict[str, JobHandler]:
    """Return the handler of the jobs that fetch pictures of dogs."""
    return {PICTURE: FetchPicture(dogs=ports.dogs, pictures=ports.pictures)}


def make_dogs(ports: Ports, queue: JobQueue) -> DogService:
    """Return the service of dogs."""
    return DogService(
        dogs=ports.dogs,
        jobs=ports.jobs,
        users=ports.users,
        receipts=ports.receipts,
        queue=queue,
        clock=ports.clock,
    )
