"""Measures `GET /user` with a valid token against bare Flask and the peers."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.contestants import ALL_PEERS, FLASK_JWT_EXTENDED, HELLO, PORTERO, serving
from bench.results import Options, Result
from bench.rounds import compare, take_rounds

GOALS = {HELLO.title: 0.65, FLASK_JWT_EXTENDED.title: 1.8}


def measure(options: Options) -> Result:
    """Return the rates of all contestants."""
    with TemporaryDirectory(prefix="portero-bench-") as folder, ExitStack() as stack:
        lives = [
            stack.enter_context(serving(each, Path(folder, f"{number}")))
            for number, each in enumerate((PORTERO, HELLO, *ALL_PEERS))
        ]
        series = take_rounds(options, {live.title: (live, live.get_user) for live in lives})
    figures = [
        compare(series, f"`GET /user` ÷ {live.title}", PORTERO.title, live.title, GOALS.get(live.title))
        for live in lives[1:]
    ]
    return Result("GET /user with a valid token, 16 connections", series, figures)
