"""Jobs: running them, showing them, and sending them to the queue until they have ended."""

from src.application.jobs.places import RETRY_SECONDS, SLOW_JOBS_AT_ONCE, JobPlaces
from src.application.jobs.runner import JobHandler, JobRunner, Progress
from src.application.jobs.service import JobService

__all__ = [
    "RETRY_SECONDS",
    "SLOW_JOBS_AT_ONCE",
    "JobHandler",
    "JobPlaces",
    "JobRunner",
    "JobService",
    "Progress",
]
