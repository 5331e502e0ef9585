"""The service under twice the load that it can serve, when it stops under load, and with large files at once."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from subprocess import Popen

import requests

from bench.processes import pss_mib, tree
from tests.e2e.service import PASSWORD, serving
from tests.support.emulators import free_port
from tests.support.nginx import nginx
from tests.support.races import at_once
from tests.support.traffic import Sent, Traffic, User, join, percentile

CLIENTS = 1000
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "134217728", "MALLOC_MMAP_THRESHOLD_": "33554432"}
"""What the script ``portero`` sets."""
_ADMIN = "root@example.com"
_SETTINGS = {"ADMIN_EMAIL": _ADMIN, "ADMIN_PASSWORD": PASSWORD, "ACCESS_TOKEN_SECONDS": "86400", **MALLOC}
_FEW = (16, 64)
"""The numbers of clients that leave no request waiting for long."""
_TURNS = 4
"""The number of times that the service gets too many requests, with a measure of the peak before and after each."""
_CALM = 0.3
"""The service counts as calm while it gets at most this share of the requests that it can serve."""
_TOO_LARGE, _TOO_SLOW = {"more than 1.3 times"}, {"below 0.7", "above 4 s", "slower"}
"""The worst bands: that of the memory, and those of the goodput and of the times."""
_MIB_OF_A_WORKER, _MIB_OF_A_FILE = 128, 256

Goodputs = dict[int, list[float]]
"""The accepted requests per second of each measure, by the number of clients."""


@dataclass(frozen=True)
class Place:
    """A store, and the folder of the services that use it."""

    name: str
    folder: Path
    store: str

    @contextmanager
    def service(self, port: int) -> Iterator["Popen[bytes]"]:
        """Run a service on a port."""
        settings = {"STORE_URL": self.store, "BLOB_URL": f"file://{self.folder}/blobs"} if self.store else {}
        with serving(self.folder, port, _SETTINGS | settings) as service:
            yield service

    def users(self, port: int, count: int) -> list[User]:
        """Register users."""
        url = f"http://127.0.0.1:{port}"
        login = requests.post(f"{url}/login", json={"email": _ADMIN, "password": PASSWORD}, timeout=30)
        return join(url, login.json()["access_token"], count)


def overload(place: Place, traffic: Traffic, service: int, seconds: float, *, is_alone: bool = False) -> Counter[str]:
    """Send twice the requests that the service can serve for some seconds. Return counts of the outcomes.

    The rates are measured several times in turn, and their medians are compared: how fast a machine is that others
    share differs by a third from one minute to the next. Assert that no measure is in its worst band. This includes the
    goodput and the times only with ``is_alone``: other work on the machine would worsen them.
    """
    goodputs: Goodputs = {clients: [] for clients in (*_FEW, CLIENTS)}
    over, pss = Sent(), list[float]()

    def measure_peak() -> None:
        for clients in _FEW:
            goodputs[clients].append(_sent(traffic, max(0.5, seconds / _TURNS / 4), clients).goodput)

    measure_peak()
    before = percentile(_sent(traffic, 2, 16, _CALM * _peak(goodputs)).accepted(), 0.9)
    for _ in range(_TURNS):
        sent = _sent(traffic, seconds / _TURNS, CLIENTS, 2 * _peak(goodputs))
        goodputs[CLIENTS].append(sent.goodput)
        over.add(sent)
        pss.append(pss_mib(service))
        if len(pss) < _TURNS:
            measure_peak()
    after = _sent(traffic, 6, 16, _CALM * _peak(goodputs))
    measure_peak()
    late = sorted(took for begun, took in after.begun() if begun > after.started + 5)
    goodput, slow = median(goodputs[CLIENTS]) / _peak(goodputs), percentile(over.accepted(), 0.99)
    grown = pss[-1] / pss[_TURNS // 2 - 1]
    measures = {
        "goodput, of the peak": _band(goodput, {0.9: "0.9 or more", 0.7: "0.7 to 0.9"}, "below 0.7"),
        "99th percentile": _band(-slow, {-2: "below 2 s", -4: "2 to 4 s"}, "above 4 s"),
        "memory in the second half": _band(-grown, {-1.1: "flat", -1.3: "up to 1.3 times"}, "more than 1.3 times"),
        "5 s after the end": _band(-percentile(late, 0.9), {-max(0.1, 3 * before): "as before"}, "slower"),
    }
    assert not {*measures.values()} & (_TOO_LARGE | _TOO_SLOW if is_alone else _TOO_LARGE), measures
    counts = Counter({f"{measure} | {place.name} | {band}": 1 for measure, band in measures.items()})
    for what, rate in (("at twice the load", median(goodputs[CLIENTS])), ("at the peak", _peak(goodputs))):
        counts[f"accepted in a second of each overload | {place.name} | {what}"] = round(rate)
    refused = sum(len(over.took.get(status, ())) for status in (429, 503))
    return counts + Counter({"requests accepted": len(over.accepted()), "refused with Retry-After": refused})


def _peak(goodputs: Goodputs) -> float:
    """Return the goodput with the better of two numbers of clients that wait for their answers."""
    return max(median(goodputs[clients]) for clients in _FEW)


def _sent(traffic: Traffic, seconds: float, clients: int, rate: float | None = None) -> Sent:
    """Send requests. Fail if a request gets no answer or an unexpected one."""
    sent = traffic.send(seconds, clients, rate)
    assert not sent.lost, sent.lost
    assert not sent.unexpected, sent.unexpected
    return sent


def _band(value: float, bands: Mapping[float, str], otherwise: str) -> str:
    return next((name for least, name in bands.items() if value >= least), otherwise)


def stop_under_load(place: Place, seconds: float, random: Random) -> Counter[str]:
    """Stop a service in the middle of its requests, and check that everything that it acknowledged is stored."""
    port = free_port()
    with place.service(port) as service:
        users = place.users(port, 3)
        stop = threading.Timer(random.uniform(0.3, 0.7) * seconds, os.kill, (service.pid, signal.SIGTERM))
        stop.start()
        sent = Traffic([port], users, random).send(seconds, 64)
        assert service.wait(30) == 0
    with place.service(port):
        _check(users, port)
    unread = sent.lost.pop("closed before", 0) + sent.lost.pop("closed between requests", 0)
    sent.lost.pop("refused", None)
    assert not sent.lost, sent.lost
    assert not sent.unexpected, sent.unexpected
    return Counter({"stops": 1, "requests accepted": len(sent.accepted()), "connections closed unread": unread})


def restart_under_load(place: Place, seconds: float, random: Random) -> Counter[str]:
    """Restart two services on one store, one after the other, behind nginx."""
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        services = [stack.enter_context(ExitStack()) for _ in ports]
        for each, port in zip(services, ports, strict=True):
            each.enter_context(place.service(port))
        front = stack.enter_context(nginx(place.folder / "nginx", ports))
        users = place.users(front, 3)
        restarted, failed = threading.Event(), list[BaseException]()

        def restart() -> None:
            try:
                for each, port in zip(services, ports, strict=True):
                    each.close()
                    each.enter_context(place.service(port))
            except BaseException as error:
                failed.append(error)
            restarted.set()

        thread = threading.Thread(target=restart)
        traffic, sent = Traffic([front], users, random), Sent()
        thread.start()
        while not restarted.is_set():
            sent.add(_sent(traffic, seconds, 32))
        thread.join()
        assert not failed, failed
        _check(users, front)
    return Counter({"restarts of two services": 1, "requests accepted": len(sent.accepted())})


def large_files(place: Place, files: int) -> Counter[str]:
    """Upload large CSV files at once, and watch the memory of the service."""
    port = free_port()
    row = b"%d,Rex the dog,2019-05-01,%d.5,yes\n"
    content = b"id,name,born,weight,adopted\n" + b"".join(row % (id, id % 90) for id in range(600_000))
    with place.service(port) as service:
        users = place.users(port, files)
        most, over = 0.0, threading.Event()

        def watch() -> None:
            nonlocal most
            while not over.wait(0.1):
                most = max(most, pss_mib(service.pid))

        watching = threading.Thread(target=watch)
        watching.start()

        def upload(user: User) -> int:
            bearer = {"Authorization": f"Bearer {user.access}"}
            file, url = {"file": ("dogs.csv", content)}, f"http://127.0.0.1:{port}/datasets"
            return requests.post(url, files=file, data={"name": "Dogs"}, headers=bearer, timeout=300).status_code

        statuses = at_once(upload, users)
        over.set()
        watching.join()
        workers = len(tree(service.pid)) - 1
    assert set(statuses) <= {201, 503}, statuses
    bound = workers * _MIB_OF_A_WORKER + files * _MIB_OF_A_FILE
    assert most < bound, f"{most:.0f} MiB"
    band = _band(-most / files, {-128: "below 128 MiB", -192: "below 192 MiB"}, "below 320 MiB")
    return Counter({f"memory for each of {files} large files at once | {place.name} | {band}": 1})


def _check(users: list[User], port: int) -> None:
    """Assert that every task that the service acknowledged still exists."""
    for user in users:
        url, kept = f"http://127.0.0.1:{port}/tasks?limit=500", set()
        while url:
            answer = requests.get(url, headers={"Authorization": f"Bearer {user.access}"}, timeout=30)
            kept |= {task["id"] for task in answer.json()}
            url = answer.links.get("next", {}).get("url", "")
        assert kept >= set(user.tasks), "a task that was acknowledged is gone"
        assert len(kept) - len(user.tasks) <= user.untold, "a task was added twice, or one that was deleted is there"
