"""A stub of Cloud Tasks after its REST reference, and a service that it delivers to.

It checks requests as the reference describes them, refuses a name that was ever used, calls the target at the scheduled
time with a signed OIDC token, and repeats a delivery that was not answered with a 2xx status.
https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks
"""

import heapq
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from socketserver import BaseServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from google.auth.credentials import AnonymousCredentials
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import WSGIRequestHandler, make_server

from src.application.deliveries import DeliveryService
from src.application.ports import Run
from src.infrastructure.queues.cloud_tasks import CloudTasksQueue
from src.infrastructure.tokens.google import GoogleTokens
from tests.support.world import build

QUEUE = "projects/demo/locations/europe-west1/queues/portero"
ACCOUNT = "portero@demo.iam.gserviceaccount.com"
_BACKOFF = 0.3
"""The seconds before a delivery is repeated. Queues have 0.1 s or more."""
_NAME = re.compile(rf"{QUEUE}/tasks/[A-Za-z0-9_-]{{1,500}}")
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class CloudTasks:
    """A queue, and Google's keys. ``url`` is the URL of the API."""

    def __init__(self, url: str, at_once: int) -> None:
        self.url, self.certificates = url, f"{url}/certs"
        self.key, self.permits, self.status = rsa.generate_private_key(65537, 2048), True, 0
        self.asked_for_certificates = 0
        self.deliveries: list[tuple[str, int]] = []
        """The name of the task and the answer of each delivery."""
        self._names: set[str] = set()
        self._waiting: list[tuple[float, int, dict[str, Any]]] = []
        self._changed, self._numbers, self._closed = threading.Condition(), count(), False
        self._workers = [threading.Thread(target=self._work) for _ in range(at_once)]
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()

    def token(self, audience: str, **claims: Any) -> str:
        """Return a token as Google signs it for ACCOUNT; a claim set to None is left out."""
        now = int(time.time())
        standard = {"iss": "https://accounts.google.com", "aud": audience, "azp": "1", "sub": "1", "iat": now}
        account = {"exp": now + 3600, "email": ACCOUNT, "email_verified": True}
        all_claims = {name: value for name, value in {**standard, **account, **claims}.items() if value is not None}
        return jwt.encode(all_claims, self.key, "RS256", {"kid": "google-1"})

    def certs(self) -> tuple[int, Any]:
        self.asked_for_certificates += 1
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return 200, {"keys": [{**public, "kid": "google-1", "alg": "RS256", "use": "sig"}]}

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        """Answer a call of the API with a status and JSON."""
        if self.status:
            return self.status, {"error": {"code": self.status, "message": "as the test says"}}
        if path == f"/v2/{QUEUE}:testIamPermissions":
            return 200, {"permissions": body["permissions"]} if self.permits else {}
        if path != f"/v2/{QUEUE}/tasks":
            return 404, {"error": {"code": 404, "status": "NOT_FOUND"}}
        return self._create(body["task"])

    def _create(self, task: dict[str, Any]) -> tuple[int, Any]:
        request = task["httpRequest"]
        assert _NAME.fullmatch(task["name"])
        assert {*task} <= {"name", "httpRequest", "scheduleTime", "dispatchDeadline"}
        assert {*request} <= {"url", "httpMethod", "headers", "body", "oidcToken"}
        assert {*request["oidcToken"]} == {"serviceAccountEmail", "audience"}
        assert 15 <= int(task["dispatchDeadline"].removesuffix("s")) <= 1800
        due = datetime.fromisoformat(task["scheduleTime"]).timestamp()
        with self._changed:
            if task["name"] in self._names:
                return 409, {"error": {"code": 409, "status": "ALREADY_EXISTS"}}
            self._names.add(task["name"])
            self._put(due, task)
        return 200, {**task, "createTime": task["scheduleTime"]}

    def _put(self, due: float, task: dict[str, Any]) -> None:
        heapq.heappush(self._waiting, (due, next(self._numbers), task))
        self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._waiting or self._waiting[0][0] > time.time()):
                    self._changed.wait(self._waiting[0][0] - time.time() if self._waiting else None)
                if self._closed:
                    return
                _, _, task = heapq.heappop(self._waiting)
            status = self._deliver(task)
            self.deliveries.append((task["name"], status))
            if not 200 <= status < 300:
                with self._changed:
                    self._put(time.time() + _BACKOFF, task)

    def _deliver(self, task: dict[str, Any]) -> int:
        request, oidc = task["httpRequest"], task["httpRequest"]["oidcToken"]
        headers = {
            "Authorization": f"Bearer {self.token(oidc['audience'], email=oidc['serviceAccountEmail'])}",
            "Content-Type": "application/octet-stream",
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": QUEUE.rpartition("/")[2],
            "X-CloudTasks-TaskName": task["name"].rpartition("/")[2],
        }
        sent = urllib.request.Request(request["url"], b"", headers, method=request["httpMethod"])
        try:
            with _direct.open(sent, timeout=60) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 503


@contextmanager
def cloud_tasks(at_once: int) -> Iterator[CloudTasks]:
    """Run the stub, which makes ``at_once`` deliveries at a time, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*stub.certs())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(*stub.answer(self.path, body))

        def _send(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        stub = CloudTasks(f"http://127.0.0.1:{server.server_port}", at_once)
        with served(server):
            try:
                yield stub
            finally:
                stub.close()


@contextmanager
def served(server: BaseServer) -> Iterator[None]:
    """Run a server in a thread during the block."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def queue_at(api: str, url: str, run: Run) -> CloudTasksQueue:
    """Return a queue whose tasks go to the API at ``api``, which delivers them to the service at ``url``."""
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return CloudTasksQueue(QUEUE, run, url=url, account=ACCOUNT, api=api, credentials=nobody)


@contextmanager
def delivering(stub: CloudTasks, run: Run) -> Iterator[CloudTasksQueue]:
    """Serve the routes for deliveries, and yield the queue that runs the delivered jobs with ``run``."""
    with make_server("127.0.0.1", 0, Flask(__name__), threaded=True, request_handler=_Silent) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        queue = queue_at(stub.url, url, run)
        authenticate = GoogleTokens(url, ACCOUNT, stub.certificates).require
        service = DeliveryService(authenticate=authenticate, deliver=queue.deliver, sweeps=[])
        server.app = build(services={"deliveries": service})
        with served(server):
            yield queue


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *arguments: Any) -> None:
        pass
