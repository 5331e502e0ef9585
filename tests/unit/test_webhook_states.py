"""When a webhook is disabled, and when a delivery is attempted again."""

from dataclasses import replace
from datetime import timedelta

from src.domain.webhooks import DISABLE_AFTER, WAITS, Delivery, Webhook
from tests.support.working import NOON

WEBHOOK = Webhook("id", "https://example.com/", ("*",), NOON, NOON, "sealed")


def test_a_webhook_is_disabled_once_all_attempts_have_failed_for_five_days() -> None:
    failing = WEBHOOK.after(500, NOON)
    assert failing.after(500, NOON + DISABLE_AFTER - timedelta(seconds=1)).enabled
    assert not failing.after(500, NOON + DISABLE_AFTER).enabled


def test_the_configuration_revision_changes_with_what_admins_set_and_not_with_deliveries() -> None:
    succeeded, failed = WEBHOOK.after(204, NOON), WEBHOOK.after(500, NOON)
    assert succeeded.configuration_revision == failed.configuration_revision == WEBHOOK.configuration_revision
    configurations = [
        WEBHOOK,
        replace(WEBHOOK, url="https://example.org/"),
        replace(WEBHOOK, events=("user-deleted",)),
        replace(WEBHOOK, description="Billing"),
        WEBHOOK.after(410, NOON),  # disables it
        WEBHOOK.with_secret("another", NOON),
    ]
    assert len({each.configuration_revision for each in configurations}) == len(configurations)


def test_the_wait_for_the_next_attempt_is_multiplied_by_the_jitter() -> None:
    delivery = replace(Delivery.new(WEBHOOK, "event", "user-deleted", NOON), attempts=2)
    assert delivery.after(500, NOON, 0.5).next_attempt_at == NOON + timedelta(seconds=WAITS[1] / 2)
