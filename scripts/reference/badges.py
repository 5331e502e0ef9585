"""The badges of the README: pictures of facts that the code states."""

import tomllib
from pathlib import Path

from src.interfaces.app import FEATURES
from src.interfaces.http.openapi import describe

ROOT = Path(__file__).parents[2]
_BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {value}">
  <title>{label}: {value}</title>
  <rect width="{width}" height="20" rx="3" fill="#555"/>
  <path d="M{left} 0h{right}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right}z" fill="#07c"/>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{label_x}" y="14">{label}</text>
    <text x="{value_x}" y="14">{value}</text>
  </g>
</svg>
"""


def badges() -> dict[Path, str]:
    """Return the content of each file with a badge."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    facts = {
        "Python": project["requires-python"].replace(">=", "") + "+",
        "licence": project["license"],
        "OpenAPI": describe(FEATURES, version="")["openapi"],
    }
    return {ROOT / f"docs/badges/{label.lower()}.svg": _badge(label, value) for label, value in facts.items()}


def _badge(label: str, value: str) -> str:
    left, right = 7 * len(label) + 12, 7 * len(value) + 9
    centres = {"label_x": left / 2, "value_x": left + (right + 3) / 2}
    return _BADGE.format(label=label, value=value, left=left, right=right, width=left + right + 3, **centres)
