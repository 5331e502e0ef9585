"""The routes, from the OpenAPI document."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.reference.markdown import anchor, table
from src.interfaces.app import FEATURES
from src.interfaces.http.openapi import describe

_PAGES = Path(__file__).parents[2] / "docs/reference"
_CODE = re.compile("^```.*?^```$", re.DOTALL | re.MULTILINE)
_SECTION = re.compile(r"^#+ (.*?)\n\s*(.*?)(?=^#|\Z)", re.DOTALL | re.MULTILINE)


@dataclass
class Route:
    """The methods of a path that do the same. ``alias_of`` is the canonical path of an alias, else empty."""

    tag: str
    path: str
    purpose: str
    alias_of: str
    methods: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"`{', '.join(self.methods)} {self.path}`"


def tables() -> str:
    """Return a section with a table of routes for each tag of the document."""
    document = describe(FEATURES, version="", aliases=True)
    routes = _routes(document["paths"])
    parts = []
    for tag in document["tags"]:
        rows = [
            (f"[{route}]({_place(route)})", ", ".join(_aliases(route, routes)), f"{route.purpose}.")
            for route in routes
            if route.tag == tag["name"] and not route.alias_of
        ]
        parts.append(f"### {tag['name']}\n\n{tag['description']}\n\n{table(['route', 'aliases', 'purpose'], rows)}")
    return "\n\n".join(parts)


def _routes(paths: dict[str, Any]) -> list[Route]:
    found: dict[tuple[str, str], Route] = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            alias_of = operation.get("x-alias-of", "")
            purpose = operation["summary"].removesuffix(f" (alias of {alias_of})")
            new = Route(operation["tags"][0], _typed(path), purpose, _typed(alias_of))
            found.setdefault((path, purpose), new).methods.append(method.upper())
    return [*found.values()]


def _typed(path: str) -> str:
    """Return a path with its variables as the documentation writes them."""
    return path.replace("{", "<").replace("}", ">")


def _aliases(route: Route, routes: list[Route]) -> list[str]:
    """Return the aliases of a route. An alias with another method belongs to the first route of the canonical path."""
    same_path = [each for each in routes if each.path == route.path]
    found = []
    for alias in routes:
        if alias.alias_of == route.path:
            owners = [each for each in same_path if {*alias.methods} & {*each.methods}] or same_path
            if owners[0] is route:
                differs = alias.purpose != route.purpose
                found.append(f"{alias} ({alias.purpose[:1].lower()}{alias.purpose[1:]})" if differs else str(alias))
    return found


def _place(route: Route) -> str:
    """Return the page and the anchor of the section that describes a route: the one that begins with it, if any."""
    mention = re.compile(rf"`[A-Z`, ]*\b{route.methods[0]}\b[A-Z`, ]*{re.escape(route.path)}`")
    places = []
    for page in sorted(_PAGES.glob("*.md")):
        if page.name == "routes.md" or page.name.endswith(".es.md"):
            continue
        for heading, text in _SECTION.findall(_CODE.sub("", page.read_text("utf-8"))):
            if mention.search(text):
                first_line = text.partition("\n\n")[0]
                begins = first_line.startswith("`") and mention.search(first_line) is not None
                places.append((not begins, f"{page.name}#{anchor(heading)}"))
    assert places, f"no page of the reference describes {route}"
    return min(places)[1]
