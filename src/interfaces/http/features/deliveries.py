"""The operations that Cloud Tasks and Cloud Scheduler call. They exist only if QUEUE_URL names such a queue."""

from functools import partial

from src.application.deliveries import DeliveryService
from src.domain.errors import InvalidToken, Unavailable
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access, bearer_token, no_token
from src.interfaces.http.framework.operations import Feature, Operation

feature = Feature("Deliveries", "For the queue and the scheduler of a cloud.")
route = partial(Operation, feature, errors=(InvalidToken, Unavailable))


@route("POST /internal/jobs/<id>", Access.PUBLIC)
def run_job(id: str) -> None:
    """Run the job that the queue delivers."""
    _service().run_job(_token(), id)


@route("POST /internal/sweep", Access.PUBLIC)
def sweep() -> None:
    """Send overdue jobs again, deliver events, and finish what crashes left."""
    _service().sweep(_token())


def _service() -> DeliveryService:
    found = services().deliveries
    assert found  # without the service there is no route
    return found


def _token() -> str:
    """Return the bearer token. Raises Unauthenticated."""
    if token := bearer_token():
        return token
    raise no_token()
