"""Job queues. Jobs run in threads of this process, or in Celery workers that a message broker tells."""
