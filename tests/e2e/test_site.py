"""The documentation as a site: it is built without a warning, and a browser loads nothing from elsewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.markdown import ROOT
from tests.support.world import DOCUMENT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_a_page_loads_scripts_styles_fonts_and_pictures_from_the_site_only(site: Path) -> None:
    pages = [*site.rglob("*.html")]
    assert len(pages) > 40
    for page in pages:
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]*)"|<link[^>]* href="([^"]*)"', page.read_text())
        assert not [url for pair in loaded for url in pair if url.startswith(("http", "//"))], page


def test_every_block_of_code_is_shown_as_one(site: Path) -> None:
    assert [page for page in site.rglob("*.html") if "```" in page.read_text()] == []


def test_every_diagram_is_drawn_by_mermaid(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        if diagrams := page.read_text("utf-8").count("```mermaid"):
            html = site / page.relative_to(ROOT / "docs").with_suffix("") / "index.html"
            assert html.read_text().count('<pre class="mermaid">') == diagrams


def test_every_operation_has_a_place_on_the_page_that_is_written_from_the_openapi_document(site: Path) -> None:
    operations = (site / "reference/operations-in-detail/index.html").read_text()
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert "x-alias-of" in operation or f"<code>{method.upper()} {path}</code>" in operations


@pytest.mark.parametrize(
    "words", ["become admin", "run emulators", "deploy", "rotate keys", "add a field to users", "add a store"]
)
def test_the_search_finds_a_heading_for_what_newcomers_look_for(site: Path, words: str) -> None:
    entries = json.loads((site / "search/search_index.json").read_text("utf-8"))["docs"]
    titles = [{*re.findall(r"\w+", entry["title"].lower())} for entry in entries]
    assert any({*words.split()} <= title for title in titles)


def test_every_page_is_in_the_navigation(site: Path) -> None:
    contents = (site / "index.html").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name != "README.md":
            path = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
            assert f'href="{path}/"' in contents, path
