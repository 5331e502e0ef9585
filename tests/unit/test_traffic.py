"""The counts of requests that the page of health shows, in the threads and the processes of a service."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from threading import Barrier, Thread

from src.infrastructure.traffic import SharedTraffic

FORKS = """
import os
from src.infrastructure.traffic import SharedTraffic

traffic = SharedTraffic()
for status in (200, 200, 200, 500):
    if os.fork() == 0:
        traffic.observe(status, 1)
        os._exit(0)
    os.wait()
whole = traffic.last_hour()[1]
print(whole.answered, whole.failed, end="")
"""
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class _Clock:
    now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


def test_requests_are_counted_by_minute_outcome_and_time_until_an_hour_has_passed() -> None:
    clock = _Clock()
    traffic = SharedTraffic(clock)
    for status, milliseconds in [*((200, 10),) * 90, *((404, 10),) * 4, *((500, 1000),) * 6]:
        traffic.observe(status, milliseconds / 1000)
    clock.now += 59 * 60
    traffic.observe(303, 1e9)
    traffic.observe(200, 0)
    since, whole, minutes = traffic.last_hour()
    assert (since, len(minutes)) == (NOON, 60)
    first, last = minutes[0], minutes[-1]
    assert (first.begin, first.answered, first.refused, first.failed) == (NOON, 90, 4, 6)
    assert (whole.answered, whole.refused, whole.failed, last.answered) == (92, 4, 6, 2)
    assert 0.009 < first.median < 0.0115
    assert 0.9 < first.percentile_95 < 1.15
    assert (minutes[1].median, minutes[1].percentile_95) == (0, 0)
    clock.now += 60
    since, whole, minutes = traffic.last_hour()
    assert (since.timestamp(), whole.answered, minutes[-2].answered) == (NOON.timestamp() + 60, 2, 2)
    traffic.observe(200, 0)  # takes the place of the first minute
    assert traffic.last_hour()[1].answered == 3


def test_all_threads_and_forks_are_counted_and_a_process_that_is_no_fork_begins_anew() -> None:
    traffic, barrier = SharedTraffic(), Barrier(8)

    def observe() -> None:
        barrier.wait()
        for _ in range(500):
            traffic.observe(200, 0.001)

    threads = [Thread(target=observe) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert traffic.last_hour()[1].answered == 4000
    assert pickle.loads(pickle.dumps(traffic)).last_hour()[1].answered == 0
    assert subprocess.check_output([sys.executable, "-c", FORKS], text=True) == "3 1"
