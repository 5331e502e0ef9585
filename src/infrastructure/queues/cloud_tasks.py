"""A job queue of Google Cloud Tasks, which delivers each job as a request to this service.

It suits deployments where nothing runs between requests, such as Cloud Run. A task has only the id of a job. Google's
REST API is called without its client library, which would load gRPC.
Reference: https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create
"""

import logging
import threading
import time
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter

from src.application.ports import Run
from src.domain.errors import Unavailable
from src.domain.values import rfc3339
from src.infrastructure.outages import unavailable_on
from src.infrastructure.tracing import span

API = "https://cloudtasks.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_CREATE = "cloudtasks.tasks.create"
_CONNECTIONS = 32
"""The connections that are kept for further calls."""
_TIMEOUTS = (3.0, 5.0)
"""The seconds to connect, and to wait for an answer."""
_DEADLINE = "1800s"
"""The time after which Cloud Tasks gives up a delivery and repeats it, the longest that there is."""
SLOT_SECONDS = 30
"""The time in which a job without a delay gets only one task, whoever sends it, and however often."""

_log = logging.getLogger("portero.queues")


class CloudTasksQueue:
    """Sends job ids to a queue of Cloud Tasks, and runs the jobs that it delivers. Implements JobQueue."""

    def __init__(
        self, queue: str, run: Run, *, url: str, account: str, api: str = API, credentials: Credentials | None = None
    ) -> None:
        """Use the queue ``projects/PROJECT/locations/LOCATION/queues/QUEUE``.

        It delivers to this service at ``url``, with OIDC tokens of the service account ``account``. Without
        ``credentials``, the Application Default Credentials call the API.
        """
        self._queue, self._run, self._url, self._account = queue, run, url, account
        self._api, self._credentials = f"{api}/v2/{queue}", credentials
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False

    def send(self, job_id: str, delay: float = 0) -> None:
        """Create a task. Raise Unavailable, also when the queue is closed.

        Cloud Tasks refuses a second task with the same name. The name contains the job and the time at which the task
        is due: in milliseconds for a task with a delay, and otherwise in half minutes.
        """
        if self._closed:
            raise Unavailable
        due = time.time() + delay
        slot = int(due * 1000) if delay else int(due) // SLOT_SECONDS
        request = {
            "url": f"{self._url}/internal/jobs/{job_id}",
            "httpMethod": "POST",
            "oidcToken": {"serviceAccountEmail": self._account, "audience": self._url},
        }
        task = {
            "name": f"{self._queue}/tasks/{job_id}-{slot}",
            "httpRequest": request,
            "scheduleTime": rfc3339(datetime.fromtimestamp(due, UTC)),
            "dispatchDeadline": _DEADLINE,
        }
        response = self._post("/tasks", {"task": task})
        if response.status_code not in (200, 409):  # 409: there is or was a task with this name
            raise Unavailable from _refusal(response)

    def notify(self, job_id: str, delay: float = 0) -> None:
        """Create a task now, because the process may sleep once the request is answered. Ignore a failure."""
        try:
            self.send(job_id, delay)
        except Unavailable as error:
            _log.warning("job %s is left to the sweep: %r", job_id, error.__cause__ or error)

    def check(self) -> None:
        """Raise Unavailable if this service may not create tasks, or if there is no such queue."""
        response = self._post(":testIamPermissions", {"permissions": [_CREATE]})
        if response.status_code != 200:
            raise Unavailable from _refusal(response)
        with unavailable_on(ValueError):
            if _CREATE not in response.json().get("permissions", []):
                raise Unavailable from PermissionError(f"{self._queue} does not exist, or does not permit {_CREATE}")

    def close(self, timeout: float) -> bool:
        with self._changed:
            self._closed = True
            return self._changed.wait_for(lambda: not self._running, timeout)

    def deliver(self, job_id: str) -> None:
        """Run the job of a delivery. Send it again if it must run again.

        Raises Unavailable when the queue is closed, so that Cloud Tasks delivers the job to another process.
        """
        with self._changed:
            if self._closed:
                raise Unavailable
            self._running += 1
        try:
            delay = self._run(job_id)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
        if delay is not None:
            self.notify(job_id, delay)

    @unavailable_on(requests.RequestException, GoogleAuthError)
    def _post(self, method: str, body: dict[str, Any]) -> requests.Response:
        with span("call", "CLIENT", {"peer.service": "Cloud Tasks"}) as found:
            response = self._session.post(self._api + method, json=body, timeout=_TIMEOUTS, allow_redirects=False)
            found["http.response.status_code"] = response.status_code
            return response

    @cached_property
    def _session(self) -> requests.Session:
        # Created at the first use, because connections do not survive the fork of a web server.
        credentials = self._credentials or google.auth.default(scopes=[_SCOPE])[0]
        session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        session.mount(self._api, HTTPAdapter(pool_maxsize=_CONNECTIONS))
        return session


def _refusal(response: requests.Response) -> Exception:
    """Return an error with the beginning of an answer, which names the project and the queue at most."""
    return OSError(f"Cloud Tasks answered {response.status_code}: {response.text[:200]}")
