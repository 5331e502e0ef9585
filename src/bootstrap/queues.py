"""Makes the job queue that the settings choose, and the service for the queue that calls this one."""

from collections.abc import Callable, Sequence

from src.application.deliveries import DeliveryService
from src.application.ports import JobQueue, Run
from src.bootstrap.servers.cpus import leave_cpu
from src.settings import ConfigurationError, Settings


def make_queue(settings: Settings, run: Run) -> JobQueue:
    """Return the queue of QUEUE_URL. Raises ConfigurationError when its library is missing."""
    if settings.queue_url.startswith("inline:"):
        from src.infrastructure.queues.inline import InlineQueue

        def run_on_any_cpu(job_id: str) -> float | None:
            leave_cpu()  # a thread that serves requests may have started this one
            return run(job_id)

        return InlineQueue(run_on_any_cpu)
    if settings.tasks_queue:
        from src.infrastructure.queues.cloud_tasks import CloudTasksQueue

        assert settings.queue_account
        return CloudTasksQueue(settings.tasks_queue, run, url=settings.links_url, account=settings.queue_account)
    try:
        from src.infrastructure.queues.celery import CeleryQueue
    except ImportError:
        raise ConfigurationError("QUEUE_URL: Celery needs requirements/extras.txt installed") from None

    return CeleryQueue(settings.queue_url)


def make_deliveries(
    settings: Settings, queue: JobQueue, sweeps: Sequence[Callable[[], object]]
) -> DeliveryService | None:
    """Return the service for the requests of Cloud Tasks and Cloud Scheduler, or None for another queue."""
    if not settings.tasks_queue or not settings.queue_account:
        return None
    from src.infrastructure.queues.cloud_tasks import CloudTasksQueue
    from src.infrastructure.tokens.google import GoogleTokens

    assert isinstance(queue, CloudTasksQueue)
    authenticate = GoogleTokens(settings.links_url, settings.queue_account).require
    return DeliveryService(authenticate=authenticate, deliver=queue.deliver, sweeps=sweeps)
