"""The TypeScript client: built as it is published, with its tests in Node, and in two tabs of a browser."""

import json
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.clients.conftest import ADMIN, run
from tests.support.browsers import chromium
from tests.support.markdown import ROOT, steps

CALLERS = 10
PAGES = ["clients/typescript/README.md", "docs/how-to/clients.md"]
EXAMPLES = {
    f"example-{Path(page).stem}-{number}": example
    for page in PAGES
    for number, example in enumerate(steps(ROOT / page, "ts"))
}
PAGE = """<!doctype html>
<script type="importmap">
{"imports": {"openapi-fetch": "/node_modules/openapi-fetch/dist/index.mjs", "portero-client": "/dist/index.js"}}
</script>
<script type="module">
import { LocalStorageTokens, Portero } from "portero-client";
window.refused = 0;
window.refreshes = 0;
const gate = new Promise((resolve) => { window.letRefreshesPass = resolve; });
window.changes = [];
window.tokens = new LocalStorageTokens();
window.client = new Portero("URL", { tokens, fetch: async (request) => {
    if (request.url.endsWith("/auth/refresh")) {
        window.refreshes++;
        await gate;
    }
    const response = await fetch(request);
    if (response.status === 401) window.refused++;
    return response;
} });
tokens.subscribe((found) => changes.push(found !== undefined));
</script>"""


@pytest.fixture(scope="module")
def package(typescript: Path, url: str) -> Path:
    """The package, with its tests and the examples of the pages compiled."""
    for name, (program, _) in EXAMPLES.items():
        (typescript / f"test/{name}.ts").write_text(program.replace("http://localhost:8000", url))
    npm(typescript, "exec", "tsc", "--", "--project", "test/tsconfig.json")
    return typescript


def npm(folder: Path, *command: str) -> str:
    return run(folder, "npm", *command)


def test_its_own_tests_pass(package: Path, url: str) -> None:
    [compile_, test] = json.loads((package / "package.json").read_text())["scripts"]["test"].split(" && ")
    assert compile_ == "tsc --project test/tsconfig.json"
    output = run(package, *test.split(), PORTERO_URL=url, ADMIN_EMAIL=ADMIN)
    assert re.search(r"\bpass [1-9]\d\b", output)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_its_page_shows(package: Path, name: str) -> None:
    _, expected = EXAMPLES[name]
    assert run(package, "node", f"test/.built/test/{name}.js") == "".join(text for _, text in expected)


def test_the_published_package_is_complete(package: Path) -> None:
    listed = npm(package, "pack", "--dry-run", "--json", "--ignore-scripts")
    for file in ("dist/index.js", "dist/index.d.ts", "src/index.ts", "README.md", "LICENSE"):
        assert f'"{file}"' in listed


@pytest.fixture
def context(package: Path, url: str) -> Iterator[BrowserContext]:
    """A browser and a site of another origin than the service's."""
    (package / "index.html").write_text(PAGE.replace("URL", url))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(package)))
    Thread(target=server.serve_forever, daemon=True).start()
    with chromium() as browser:
        yield browser.new_context(base_url=f"http://localhost:{server.server_port}")
    server.shutdown()
    server.server_close()


def tab(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/index.html")
    page.wait_for_function("window.client")
    return page


def test_two_tabs_whose_token_expired_refresh_it_once(context: BrowserContext) -> None:
    tabs = [tab(context), tab(context)]
    tabs[0].evaluate("client.signUp({username: 'tabs', email: 'tabs@example.com', password: 'correct zebra battery'})")
    for page in tabs:
        page.wait_for_function("tokens.load()")
    tabs[0].evaluate("tokens.save({...tokens.load(), accessToken: 'expired'})")
    tabs[1].wait_for_function("tokens.load().accessToken === 'expired'")
    for page in tabs:
        page.evaluate(
            f"() => {{ window.users = Promise.all(Array.from({{length: {CALLERS}}}, () => client.getUser())) }}"
        )
    for page in tabs:
        page.wait_for_function(f"refused === {CALLERS}")
    for page in tabs:
        page.evaluate("letRefreshesPass()")
    for page in tabs:
        assert page.evaluate("async () => (await users).map((user) => user.username)") == ["tabs"] * CALLERS
    assert sum(page.evaluate("refreshes") for page in tabs) == 1


def test_a_logout_reaches_the_other_tabs(context: BrowserContext) -> None:
    tabs = [tab(context), tab(context)]
    tabs[0].evaluate(
        "client.signUp({username: 'leaves', email: 'leaves@example.com', password: 'correct zebra battery'})"
    )
    tabs[1].wait_for_function("changes.at(-1) === true")
    tabs[0].evaluate("client.logOut()")
    tabs[1].wait_for_function("changes.at(-1) === false")
    assert tabs[1].evaluate("client.isLoggedIn()") is False
