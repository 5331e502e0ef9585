"""Files and datasets in a real browser: uploads with progress, the verdict, printing, and names that attack."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.e2e.service import CHEAP_HASHES, ROOT, portero
from tests.e2e.test_console import DESK, Visitor

EVIL = '<img src=x onerror="document.title=1">'
SETTINGS = {"SYNC_ROWS": "50", "MAX_UPLOAD_BYTES": "6000000"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The origin of a service with the data of the demo, and the password of all its users."""
    folder = tmp_path_factory.mktemp("data")
    environment = {**os.environ, **CHEAP_HASHES, "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "src", "demo"]
    told = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, text=True)
    [password] = re.findall(r"password is (\S+)", told.stdout)
    with portero(folder, SETTINGS) as address:
        yield f"http://{address}", password


def signed_in(browser: Browser, demo: tuple[str, str], name: str = "ursula", **options: Any) -> Visitor:
    """Sign a person of the demo in. Fail at the first script that fails or that the policy refuses."""
    origin, password = demo
    page = browser.new_context(**options).new_page()

    def fail(text: str) -> None:
        assert "Failed to load resource" in text, text

    page.on("console", lambda message: fail(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: fail(str(error)))
    page.goto(f"{origin}/console/signin?next=/console/files")
    page.locator("#login").fill(name)
    page.locator("#password").fill(password)
    page.locator("form[action='/console/signin'] .go").click()
    page.wait_for_url("**/console/files")
    return Visitor(page, origin, name)


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files, and send the form."""
    payloads = [FilePayload(name=name, mimeType="text/csv", buffer=content) for name, content in files]
    page.locator("#file").set_input_files(payloads)
    page.locator("form.drop .go").click()


def verdict(page: Page) -> Any:
    return expect(page.locator("#verdict"))


def test_files_are_dropped_or_chosen_and_scripts_in_their_names_do_not_run(
    browser: Browser, demo: tuple[str, str], tmp_path: Path
) -> None:
    anna = signed_in(browser, demo, "anna")
    page = anna.page
    names = [f"{EVIL}.txt", "تقرير سنوي.csv", "m" * 80 + ".bin"]
    choose(page, *((name, name.encode()) for name in names))
    expect(page.get_by_role("status")).to_have_text("The file is stored.")
    for name in names:
        expect(page.get_by_text(name, exact=True)).to_have_count(1)
    assert page.title() == "Files · Portero"
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download {names[1]}").click()
    assert download.value.suggested_filename == names[1]
    assert Path(download.value.path()).read_text() == names[1]
    dropped = page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['x'], 'dropped.txt')); return data; }"
    )
    page.dispatch_event("form.drop", "drop", {"dataTransfer": dropped})
    page.locator("form.drop .go").click()
    expect(page.get_by_text("dropped.txt")).to_be_visible()
    page.get_by_role("link", name="Remove dropped.txt").click()
    page.get_by_role("button", name="Remove the file").click()
    expect(page.get_by_role("status")).to_have_text("The file is removed.")
    page.context.close()


def test_a_slow_upload_shows_its_bytes_and_is_stopped_and_a_large_file_is_not_sent(
    browser: Browser, demo: tuple[str, str]
) -> None:
    page = signed_in(browser, demo, "ben").page
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 500_000}
    session.send("Network.emulateNetworkConditions", slow)
    choose(page, ("long.bin", b"x" * 5_000_000))
    expect(page.locator("[data-words]")).to_have_text(re.compile(r"^\d+ % · [\d.]+ of 5 MB · \d+ s left$"))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("No file yet.")).to_be_visible()
    choose(page, ("huge.bin", b"x" * 6_000_001))
    expect(page.locator("[data-error]")).to_have_text("The file is too large: 6\N{NO-BREAK SPACE}MB at most.")
    page.context.close()


def test_a_person_reads_what_is_wrong_with_a_spanish_file_without_scripts(
    browser: Browser, demo: tuple[str, str]
) -> None:
    ursula = signed_in(browser, demo, locale="es", java_script_enabled=False)
    ursula.go("/console/datasets")
    page = ursula.page
    lines = [f"Ana {n};{n:02}/03/2026;1.{n}00,50" for n in range(1, 10)]
    choose(page, ("socios.csv", "\n".join(["nombre;alta;cuota", *lines, "Eva;31/02/2026;mucho"]).encode("latin-1")))
    verdict(page).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("socios")
    expect(page.locator("tr", has_text="31/02/2026").first).to_contain_text("No es una fecha que exista")
    page.context.close()


def test_a_long_file_shows_its_progress_and_then_its_verdict(browser: Browser, demo: tuple[str, str]) -> None:
    ursula = signed_in(browser, demo)
    ursula.go("/console/datasets")
    choose(ursula.page, ("long.csv", b"n\n" + b"\n".join(b"%d" % n for n in range(60_000))))
    verdict(ursula.page).to_contain_text("All 60,000 rows are good.", timeout=60_000)
    ursula.page.context.close()


def test_headers_and_cells_run_no_scripts_and_a_wide_table_fits(browser: Browser, demo: tuple[str, str]) -> None:
    ursula = signed_in(browser, demo, viewport=DESK)
    page = ursula.page
    ursula.go("/console/datasets")
    cell = '"' + EVIL.replace('"', '""') + '"'
    header = ",".join([cell, "עמודה", *map(str, range(400))])
    page.locator("form.drop summary").click()
    page.get_by_label("Schema").fill('{"0": "integer"}')
    choose(page, (f"{EVIL}.csv", f"{header}\n{cell},=1+1,x{',' * 399}\nAnna,שלום,2{',' * 399}\n".encode()))
    verdict(page).to_have_text("1 of 2 rows are good.")
    expect(page.get_by_text("=1+1").first).to_be_visible()
    assert "img src=x" in page.title()
    assert page.locator("img").count() == 0
    ursula.check()
    page.context.close()


def test_a_verdict_prints_on_two_pages(browser: Browser, demo: tuple[str, str]) -> None:
    ursula = signed_in(browser, demo)
    ursula.go("/console/datasets")
    ursula.page.get_by_role("link", name="Pedidos").click()
    verdict(ursula.page).to_be_visible()
    pages = re.findall(rb"/Type\s*/Page\b", ursula.page.pdf(format="A4"))
    assert len(pages) <= 2
    ursula.page.context.close()
