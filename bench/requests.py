"""Measures the requests of logged-in users against bare Flask, and `GET /user` against the peers too."""

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.contestants import ALL_PEERS, FLASK_JWT_EXTENDED, HELLO, PORTERO, PORTERO_ON_GRANIAN, Request, serving
from bench.load import load
from bench.results import Options, Result
from bench.rounds import compare, take_rounds

_GOALS = {HELLO.title: 0.65, FLASK_JWT_EXTENDED.title: 1.8}
_LIMIT = "every request reads its session and its user, and checks both"


def get_user(options: Options) -> Result:
    """Compare `GET /user` with a valid token."""
    with TemporaryDirectory(prefix="portero-bench-") as folder, ExitStack() as stack:
        lives = [
            stack.enter_context(serving(each, Path(folder, f"{number}")))
            for number, each in enumerate((PORTERO, PORTERO_ON_GRANIAN, HELLO, *ALL_PEERS))
        ]
        series = take_rounds(options, {live.title: partial(load, live, live.get_user) for live in lives})
    figures = [
        compare(series, f"`GET /user` ÷ {live.title}", PORTERO.title, live.title, _GOALS.get(live.title), _LIMIT)
        for live in lives[2:]
    ]
    title = f"`GET /user` with `SERVER=granian` ÷ {HELLO.title} under gunicorn"
    figures.insert(1, compare(series, title, PORTERO_ON_GRANIAN.title, HELLO.title, 1.0, _LIMIT))
    return Result("GET /user with a valid token, 16 connections", series, figures)


def routes(options: Options) -> Result:
    """Compare other requests of Portero with bare Flask. There are 60 users, and 60 tasks or more."""
    with (
        TemporaryDirectory(prefix="portero-bench-") as folder,
        serving(HELLO, Path(folder, "hello")) as hello,
        serving(PORTERO, Path(folder, "portero")) as portero,
    ):
        create_task = portero.request("POST", "/tasks", {"title": "Walk the dog {n}"})
        rename = portero.request("PUT", "/user", {"name": "Ada {n}"})
        names = [f"user{number}" for number in range(60)]
        for name in names:
            create_task.send(portero.url)
            PORTERO.register(name).send(portero.url)
        # Each client changes its own user, because changes of one user would wait for each other.
        tokens = [PORTERO.token(PORTERO.login(name).send(portero.url)) for name in names]
        requests: dict[str, Request] = {
            "GET /tasks?limit=50": portero.request("GET", "/tasks?limit=50"),
            "GET /users?limit=50": portero.request("GET", "/users?limit=50"),
            "PUT /user": replace(rename, tokens=tokens),
            "POST /tasks": create_task,
        }
        loads = {name: partial(load, portero, request) for name, request in requests.items()}
        series = take_rounds(options, {hello.title: partial(load, hello, hello.get_user), **loads})
    limits = {
        "GET": "50 records are read, mapped and written as JSON",
        "P": "each write reaches the disk before its answer",
    }
    figures = [
        compare(series, f"`{name}` ÷ {hello.title}", name, hello.title, 0.25, limits["GET" if "GET" in name else "P"])
        for name in requests
    ]
    return Result("Other requests with a valid token, 16 connections", series, figures)
