"""Job queues. Jobs run in threads of this process, or in Celery workers that receive job ids from a message broker."""
