"""Job queues: threads of this process, or workers behind Celery."""
