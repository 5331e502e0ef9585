"""A clock that is set back by a day while a job runs."""

from datetime import timedelta

import pytest

from src.application.jobs import Progress
from src.domain.jobs import Job, NotRunnable
from tests.unit.jobs.world import JobWorld


def test_a_clock_that_is_set_back_hides_no_progress_and_no_cancellation(world: JobWorld) -> None:
    seen = []

    def work(job: Job, progress: Progress) -> None:
        progress(0.1)
        world.watch.forward(timedelta(days=-1))
        progress(0.5)
        seen.append(world.job(job.id).progress)
        world.stored.update(job.id, lambda job: job.cancelled(world.watch()))
        world.watch.forward(1)
        with pytest.raises(NotRunnable):
            progress(0.6)

    world.work.does = work
    world.run(world.add())
    assert seen == [0.5]
