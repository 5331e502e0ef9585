"""Jobs: running them, showing them, and sending them to the queue until they have ended."""

from src.application.jobs.runner import JobHandler, JobRunner, Progress
from src.application.jobs.service import JobService

__all__ = ["JobHandler", "JobRunner", "JobService", "Progress"]
