"""The harness of the benchmarks, with counts too small for meaningful figures."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import console, datasets, events, footprint, login_timing, render, requests
from bench.contestants import HELLO, PORTERO, Live, serving
from bench.load import load
from bench.results import FOLDER, Figure, Options, Result
from bench.users import add_to_firestore, add_to_postgresql, add_to_sqlite
from tests.support.databases import create_database, drop_database

TINY = Options(rounds=1, seconds=1, logins=1, users=1_000, rows=2_000)


def test_starts_are_measured_for_each_contestant(tmp_path: Path) -> None:
    series = footprint.start_rounds(TINY, (PORTERO, HELLO), tmp_path)
    [ours], [theirs] = series[footprint.SECONDS].values()
    assert ours > 0
    assert theirs > 0
    assert all(cpu > 0 for [cpu] in series[footprint.CPU_SECONDS].values())


def test_requests_are_sent_with_tokens_and_bodies_of_their_own() -> None:
    result = requests.routes(TINY)
    assert len(result.figures) == 4
    assert all(figure.value > 0 and figure.cpu for figure in result.figures)
    assert "failed requests" not in result.series


def test_a_load_whose_requests_fail_is_an_error(tmp_path: Path) -> None:
    with serving(HELLO, tmp_path / "hello") as live, pytest.raises(RuntimeError, match="/missing of bare Flask"):
        load(live, live.request("GET", "/missing"), 1)


def test_the_first_page_of_the_console_keeps_its_budgets() -> None:
    size, requests, *_ = console.first_page(TINY).figures
    assert (size.is_met, requests.is_met) == (True, True)


def test_an_upload_is_measured_against_a_bare_loop_over_the_file() -> None:
    # The upload takes long enough for another writer to wait for the database several times.
    result = datasets.measure(replace(TINY, rows=20_000))
    assert len(result.figures) == 6
    assert all(figure.value >= 0 for figure in result.figures)


def test_users_and_events_added_to_sqlite_are_listed(tmp_path: Path) -> None:
    with serving(PORTERO, tmp_path / "data"):
        pass
    add_to_sqlite(tmp_path / "data/portero.db", 1_000)
    events.add_to_sqlite(tmp_path / "data/portero.db", 1_000)
    with serving(PORTERO, tmp_path / "data") as live:
        _assert_added(live)
        _assert_events_added(live)


def test_users_and_events_added_to_postgresql_are_listed(tmp_path: Path, postgres_server: str) -> None:
    url = create_database(postgres_server)
    with serving(PORTERO, tmp_path / "data", {"STORE_URL": url}):
        pass
    add_to_postgresql(url, 1_000)
    events.add_to_postgresql(url, 1_000)
    with serving(PORTERO, tmp_path / "data", {"STORE_URL": url}) as live:
        _assert_added(live)
        _assert_events_added(live)
    drop_database(url)


def test_users_added_to_firestore_can_log_in_and_are_listed(tmp_path: Path, firestore_emulator: str) -> None:
    settings = {"STORE_URL": "firestore://bench-users", "FIRESTORE_EMULATOR_HOST": firestore_emulator}
    with serving(PORTERO, tmp_path / "data", settings) as live:
        add_to_firestore(settings["STORE_URL"], firestore_emulator, 1_000)
        _assert_added(live)


def _assert_added(live: Live) -> None:
    PORTERO.login("user0000999").send(live.url)
    listed = live.request("GET", "/users?limit=500").send(live.url)
    assert [user["username"] for user in listed[:2]] == ["ada", "user0000000"]


def _assert_events_added(live: Live) -> None:
    pages = {name: request.send(live.url) for name, request in events.requests_of(live, 1_000).items()}
    assert {len(page) for page in pages.values()} == {50}
    newest, middle = (pages[name][0] for name in ("first page of events", "page in the middle"))
    assert newest["at"] > middle["at"]


def test_the_area_under_the_curve_is_a_half_for_equal_times_and_one_for_times_that_tell() -> None:
    assert login_timing.area([1, 2, 3], [1, 2, 3]) == 0.5
    assert login_timing.area([2, 3], [0, 1]) == 1


def test_a_measure_that_fails_is_reported_and_the_others_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Options) -> Result:
        raise RuntimeError("no such server")

    monkeypatch.setitem(command.MEASURES, "get_user", fail)
    monkeypatch.setitem(command.MEASURES, "login", lambda _: Result("logins", figures=[Figure("login ÷ peer", [2])]))
    command.main(["--quick", "--only", "get_user", "login"])
    shown = capsys.readouterr().out
    assert "FAILED: RuntimeError: no such server" in shown
    assert "login ÷ peer" in shown


@pytest.mark.parametrize(
    ("figure", "outcome"),
    [
        (Figure("rate", [0.5, 0.7, 0.6], goal=0.6), "met"),
        (Figure("rate", [0.5, 0.7, 0.6], goal=0.65, limit="the hash"), "missed: the hash"),
        (Figure("memory", [1.1], goal=1.0, better="lower"), "missed"),
        (Figure("memory", [1.1]), ""),
    ],
)
def test_a_figure_shows_its_median_and_whether_it_reaches_its_goal(figure: Figure, outcome: str) -> None:
    cells = figure.cells()
    assert cells[1] == f"{sorted(figure.samples)[len(figure.samples) // 2]:.2f}"
    assert cells[-1] == outcome


def test_a_saved_result_is_read_back_equal(tmp_path: Path) -> None:
    result = Result("title", {"seconds": {"Portero": [1.5]}}, [Figure("a ÷ b", [0.5], goal=1.0)], "", {"rounds": 1})
    result.save(tmp_path / "it.json")
    assert Result.load(tmp_path / "it.json") == result


def test_the_documentation_shows_the_committed_results() -> None:
    results = render.load_all()
    for page, text in render.pages(results).items():
        assert text in page.read_text("utf-8")


def test_every_plot_is_svg_of_the_committed_results() -> None:
    for name, result in render.load_all().items():
        if result.series:
            drawn = (FOLDER / f"{name}.svg").read_text("utf-8")
            assert drawn == render.plot(result)
            assert len(ET.fromstring(drawn).findall("{*}rect")) == sum(map(len, result.series.values()))
