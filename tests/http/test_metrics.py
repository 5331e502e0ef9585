"""The metrics of background work."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from prometheus_client.parser import text_string_to_metric_families

from src.domain.errors import AttemptFailed, Unavailable
from src.infrastructure.repositories.jobs import Jobs
from tests.support.mailing import MailWorld
from tests.support.world import join, services_of

TOKEN = "the-metrics-token"


def measured(world: MailWorld) -> dict[str, float]:
    """Return the metrics of background work, by name and labels."""
    text = world.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "request" not in sample.name and not sample.name.endswith("_created")
    }


@pytest.fixture
def world() -> MailWorld:
    return MailWorld(settings={"smtp_url": "smtp://localhost"}, metrics_token=TOKEN)


def test_jobs_and_mails_are_counted_by_outcome(world: MailWorld) -> None:
    anna = join(world.client)
    world.ask("/auth/password/forgot", anna.user["email"])
    world.box.send = Mock(side_effect=AttemptFailed("No.", final=True))  # type: ignore[method-assign]
    world.ask("/auth/password/forgot", anna.user["email"])
    found = measured(world)
    assert (found["portero_mails_total sent"], found["portero_mails_total failed"]) == (1, 1)
    assert (found["portero_jobs_total mail succeeded"], found["portero_jobs_total mail failed"]) == (1, 1)


def test_the_oldest_overdue_job_and_the_running_ones_are_shown(world: MailWorld) -> None:
    assert (measured(world)["portero_jobs_oldest_due_seconds"], measured(world)["portero_jobs_running"]) == (0, 0)
    anna = join(world.client)
    world.client.post("/auth/password/forgot", json={"email": anna.user["email"]})
    jobs = services_of(world.app).jobs
    world.watch.forward(3600)
    found = measured(world)
    assert (found["portero_jobs_oldest_due_seconds"], found["portero_jobs_running"]) == (3600 - 6, 0)
    jobs.jobs.update(world.queue.sent[0], lambda job: job.started("ticket", world.watch()))
    assert measured(world)["portero_jobs_running"] == 1


def test_a_sweep_is_counted_by_what_it_did_and_where_it_failed(
    world: MailWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(world.client)
    maintenance = services_of(world.app).maintenance
    world.watch.forward(timedelta(days=400).total_seconds())
    swept = maintenance.sweep()
    monkeypatch.setattr(type(maintenance.files), "reconcile", Mock(side_effect=Unavailable))
    maintenance.sweep()
    found = measured(world)
    assert found["portero_swept_total expired"] == swept > 0
    assert found["portero_sweep_failures_total files"] == 1
    assert "portero_sweep_failures_total expired" not in found


def test_metrics_are_shown_while_the_store_does_not_answer(world: MailWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "due", Mock(side_effect=Unavailable))
    world.client.get("/health")
    found = world.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (found.status_code, "portero_request_seconds" in found.text) == (200, True)
    assert "portero_jobs_running" not in found.text
