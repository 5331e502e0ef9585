"""Writes the parts of the documentation that repeat the code, from the code.

A page holds such a part between `<!-- made by make reference: NAME -->` and `<!-- end -->`. `make reference` writes all
of them; a test compares them with the code.
"""

import re
from collections.abc import Callable
from pathlib import Path

from scripts.reference import audit, badges, commands, data_model, env_example, errors, routes, settings

ROOT = Path(__file__).parents[2]
PARTS: dict[str, Callable[[], str]] = {
    "audit events": audit.events,
    "commands": commands.sections,
    "data model": data_model.diagram,
    "errors": errors.kinds,
    "refusals": settings.refusals,
    "routes": routes.tables,
    "settings": settings.tables,
}
"""The function that returns each part as Markdown."""
PART = re.compile(r"(<!-- made by make reference: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def files() -> dict[Path, str]:
    """Return the content that each file should have: the pages of the reference, .env.example, and the badges."""
    pages = sorted((ROOT / "docs/reference").glob("*.md"))
    written = {page: PART.sub(_written, page.read_text("utf-8")) for page in pages}
    return {**written, ROOT / ".env.example": env_example.text(), **badges.badges()}


def _written(part: re.Match[str]) -> str:
    return f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}"
