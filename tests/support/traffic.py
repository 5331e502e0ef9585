"""Traffic like that of many users, from one process that watches all its connections with epoll."""

import json
import select
import socket
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

import requests

from tests.support.uploading import TYPE, body, part

PASSWORD = "correct zebra battery"
WEIGHTS = {
    "see oneself": 40,
    "list tasks": 20,
    "see a task": 12,
    "add a task": 8,
    "change a task": 7,
    "delete a task": 6,
    "download": 3,
    "refresh": 2,
    "log in": 1,
    "upload": 1,
}
"""How often each kind of request is sent, in percent."""
STATUSES = {"add a task": 201, "delete a task": 204, "upload": 201}
"""The status of a request that succeeds, if it is not 200."""
_CSV = b"id,name,born\n" + b"".join(b"%d,Rex,2019-05-01\n" % number for number in range(100))
_UNREAD = 503
"""The status that stands for a request that was not read. It changes nothing either."""
_PATIENCE = 40.0
"""The seconds for which answers are awaited after the last request."""


@dataclass(slots=True)
class User:
    """A user of the service, and what the service has acknowledged to them."""

    host: str
    access: str
    refresh: str
    name: str
    dataset: str
    tasks: list[str]
    is_refreshing: bool = False
    untold: int = 0
    """The number of tasks that may have been added or deleted without an answer."""

    def request(self, kind: str, random: Random) -> tuple[bytes, str]:
        """Return a request of a kind, and the id of the task that it deletes, if any."""
        match kind:
            case "see oneself":
                return self._head("GET", "/user"), ""
            case "list tasks":
                return self._head("GET", "/tasks?limit=20"), ""
            case "see a task":
                return self._head("GET", f"/tasks/{self.tasks[0]}"), ""
            case "add a task":
                return self._json("POST", "/tasks", {"title": "Walk the dog", "description": "Twice, if it rains."}), ""
            case "change a task":
                change = {"completed": random.random() < 0.5}
                return self._json("PATCH", f"/tasks/{self.tasks[0]}", change), ""
            case "delete a task":
                task = self.tasks.pop()
                return self._head("DELETE", f"/tasks/{task}"), task
            case "download":
                return self._head("GET", f"/datasets/{self.dataset}/file"), ""
            case "refresh":
                self.is_refreshing = True
                return self._json("POST", "/auth/refresh", {"refresh_token": self.refresh}), ""
            case "log in":
                return self._json("POST", "/login", {"username": self.name, "password": PASSWORD}), ""
        content = body(part("name", b"Dogs"), part("file", _CSV, "dogs.csv"))
        return self._head("POST", "/datasets", {"Content-Type": TYPE}, content), ""

    def told(self, kind: str, status: int | None, answer: bytes, task: str) -> None:
        """Record what an answer says. The status is None if there was no answer."""
        if kind == "add a task":
            if status == 201:
                self.tasks.append(answer.split(b'"', 4)[3].decode())
            self.untold += status is None
        elif kind == "delete a task" and status != 204:
            if status is None:
                self.untold += 1
            else:
                self.tasks.append(task)
        elif kind == "refresh":
            if status == 200:
                self.refresh = json.loads(answer)["refresh_token"]
            self.is_refreshing = status is None  # the refresh token may be used up

    def _json(self, method: str, path: str, fields: object) -> bytes:
        headers = {"Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = uuid4().hex
        return self._head(method, path, headers, json.dumps(fields).encode())

    def _head(self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b"") -> bytes:
        lines = {"Host": self.host, "Authorization": f"Bearer {self.access}", **(headers or {})}
        if content:
            lines["Content-Length"] = str(len(content))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


def join(url: str, admin: str, count: int) -> list[User]:
    """Register users who may add datasets, each with a dataset and ten tasks."""
    users = []
    with requests.Session() as session:
        for _ in range(count):
            name = f"user{uuid4().hex[:12]}"
            new = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
            account = session.post(f"{url}/register", json=new, timeout=30).json()
            changed = session.put(
                f"{url}/users/{account['id']}",
                json={"role": "uploader"},
                headers={"Authorization": f"Bearer {admin}"},
                timeout=30,
            )
            assert changed.ok, changed.text
            tokens = session.post(f"{url}/login", json=new, timeout=30).json()
            bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
            file = {"file": ("dogs.csv", _CSV * 50)}
            dataset = session.post(
                f"{url}/datasets", files=file, data={"name": "Dogs"}, headers=bearer, timeout=30
            ).json()
            tasks = [
                session.post(f"{url}/tasks", json={"title": "Bark"}, headers=bearer, timeout=30).json()["id"]
                for _ in range(10)
            ]
            host = url.partition("//")[2]
            users.append(User(host, tokens["access_token"], tokens["refresh_token"], name, dataset["id"], tasks))
    return users


@dataclass
class Sent:
    """The outcomes of the requests that were sent in a period."""

    seconds: float = 0
    started: float = 0
    took: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    """By status: when each request began, and how long its answer took."""
    lost: Counter[str] = field(default_factory=Counter)
    """Requests without an answer, by the fate of their connection."""
    unexpected: Counter[str] = field(default_factory=Counter)
    held_back: int = 0
    """Requests that were due while every client waited for an answer."""

    def begun(self) -> list[tuple[float, float]]:
        """Return when each accepted request began, and how long its answer took."""
        return [each for status, answers in self.took.items() if status < 300 for each in answers]

    def accepted(self) -> list[float]:
        """Return how long the answers of the accepted requests took, sorted."""
        return sorted(took for _, took in self.begun())

    def add(self, other: "Sent") -> None:
        """Add the outcomes of the requests of a later period."""
        self.seconds += other.seconds
        for status, answers in other.took.items():
            self.took.setdefault(status, []).extend(answers)

    @property
    def goodput(self) -> float:
        """Return the accepted requests per second. Answers after the end of the period do not count."""
        return sum(begun + took < self.started + self.seconds for begun, took in self.begun()) / self.seconds


def percentile(values: Sequence[float], part: float) -> float:
    """Return a percentile of sorted values, or 0 if there are none."""
    return values[min(len(values) - 1, int(part * len(values)))] if values else 0.0


class _Client:
    """A connection that is kept open, with at most one request in flight."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.is_fresh = True
        self.received = bytearray()
        self.waiting: tuple[User, str, str] | None = None
        self.begun = 0.0


class Traffic:
    """Clients of one or several services, which keep their connections open."""

    def __init__(self, ports: Sequence[int], users: Sequence[User], random: Random) -> None:
        self._users, self._random, self._ports = users, random, ports
        self._kinds, self._weights = [*WEIGHTS], [*WEIGHTS.values()]
        self._idle: deque[_Client] = deque()
        self._clients: dict[int, _Client] = {}
        self._poll = select.epoll()

    def send(self, seconds: float, clients: int, rate: float | None = None) -> Sent:
        """Send requests for some seconds: ``rate`` in each second, or as many as the clients get answered."""
        sent = Sent(seconds, time.monotonic())
        self._idle = deque(_Client(self._ports[number % len(self._ports)]) for number in range(clients))
        now = due = time.monotonic()
        end = now + seconds
        busy = 0
        while now < end or busy:
            if now > end + _PATIENCE:
                break
            while self._idle and now < end and (rate is None or due <= now):
                busy += self._begin(self._idle.popleft(), sent)
                due += self._random.expovariate(rate) if rate else 0
                now = time.monotonic()
            while rate and due <= now < end:
                sent.held_back += 1
                due += self._random.expovariate(rate)
            # While every client waits, nothing can be sent before an answer arrives.
            wait = min(due if rate and self._idle else now + 0.05, end if now < end else now + 0.05) - now
            for number, _ in self._poll.poll(max(0.0, wait)):
                client = self._clients[number]
                if self._receive(client, sent):
                    busy -= 1
                    self._idle.append(client)
            now = time.monotonic()
        for client in [*self._clients.values()]:
            if client.waiting:
                self._give_up(client, sent, "no answer in time")
            else:
                self._close(client)
        return sent

    def _begin(self, client: _Client, sent: Sent) -> bool:
        """Send a request. Return whether it is in flight."""
        if client.socket is None and not self._connect(client):
            sent.lost["refused"] += 1
            time.sleep(0.01)
            self._idle.append(client)
            return False
        user = self._random.choice(self._users)
        [kind] = self._random.choices(self._kinds, self._weights)
        if kind == "delete a task" and len(user.tasks) < 3:
            kind = "add a task"
        if kind == "refresh" and user.is_refreshing:
            kind = "see oneself"
        request, task = user.request(kind, self._random)
        client.waiting, client.begun = (user, kind, task), time.monotonic()
        assert client.socket
        try:
            client.socket.sendall(request)
        except OSError:
            self._give_up(client, sent, "closed before" if client.is_fresh else "closed between requests")
            self._idle.append(client)
            return False
        return True

    def _connect(self, client: _Client) -> bool:
        try:
            client.socket = socket.create_connection(("127.0.0.1", client.port), timeout=30)
        except OSError:
            return False
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.is_fresh = True
        self._clients[client.socket.fileno()] = client
        self._poll.register(client.socket, select.EPOLLIN)
        return True

    def _receive(self, client: _Client, sent: Sent) -> bool:
        """Read what has arrived. Return whether the request is finished."""
        assert client.socket
        try:
            data = client.socket.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            if not client.waiting:
                self._close(client)
                return False
            begun = (
                "in the middle"
                if client.received
                else "closed before"
                if client.is_fresh
                else "closed between requests"
            )
            self._give_up(client, sent, begun)
            return True
        client.received += data
        end = client.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(client.received[:end])
        _, _, length = head.partition(b"\r\nContent-Length: ")
        size = end + 4 + (int(length.split(b"\r\n", 1)[0]) if length else 0)
        if len(client.received) < size:
            return False
        assert client.waiting
        (user, kind, task), status = client.waiting, int(head[9:12])
        user.told(kind, status, bytes(client.received[end + 4 : size]), task)
        sent.took.setdefault(status, []).append((client.begun, time.monotonic() - client.begun))
        if status != STATUSES.get(kind, 200) and not (status in (429, 503) and b"\r\nRetry-After: " in head):
            sent.unexpected[f"{kind}: {status} {bytes(client.received[end + 4 : size])[:200]!r}"] += 1
        client.waiting, client.is_fresh = None, False
        client.received.clear()
        if b"\r\nConnection: close" in head:
            self._close(client)
        return True

    def _give_up(self, client: _Client, sent: Sent, why: str) -> None:
        assert client.waiting
        user, kind, task = client.waiting
        # A request on a connection that was closed without an answer was not read, so it must not have an effect.
        user.told(kind, _UNREAD if why in ("closed before", "closed between requests") else None, b"", task)
        sent.lost[why] += 1
        client.waiting = None
        self._close(client)

    def _close(self, client: _Client) -> None:
        client.received.clear()
        if client.socket:
            self._poll.unregister(client.socket)
            del self._clients[client.socket.fileno()]
            client.socket.close()
            client.socket = None
