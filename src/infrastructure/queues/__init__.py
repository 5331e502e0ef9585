"""Job queues: threads of this process, or Celery workers behind a broker."""
