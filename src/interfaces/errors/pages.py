"""Renders the pages. They load nothing, run no script, and are readable on a phone."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response, render_template_string, request

from src.interfaces.framework.headers import accepted_language, language_headers
from src.interfaces.languages import translated

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

TEXTS = ("API reference", "All errors", "Cause", "What to do", "Example", "Errors", "About this error", "Request")
"""The words of the pages. The catalogue of messages has their translations."""

_PAGE = """<!doctype html>
<html lang="{{ language }}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} · Portero</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 0 auto; padding: 2rem 1.2rem }
  h1 { font-size: 1.5rem; line-height: 1.3 } h2 { font-size: 1rem; margin-bottom: 0 } p { margin-top: .2rem }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid #8886; border-radius: .4rem; font-size: .9rem }
  a { color: #06c } @media (prefers-color-scheme: dark) { a { color: #8bf } }
</style>
<main>%s</main>
<p><a href="/docs">{{ _("API reference") }}</a> · <a href="/problems">{{ _("All errors") }}</a></p>
</html>
"""

KIND_PAGE = (
    _PAGE
    % """
<h1>{{ status }} {{ title }}</h1><p><code>{{ code }}</code></p>
<h2>{{ _("Cause") }}</h2><p>{{ _(kind.cause) }}</p>
<h2>{{ _("What to do") }}</h2><p>{{ _(kind.remedy) }}</p>
<h2>{{ _("Example") }}</h2><pre>{{ example }}</pre>
"""
)

LIST_PAGE = (
    _PAGE
    % """
<h1>{{ title }}</h1>
<ul>{% for code, kind in kinds %}
<li><a href="/problems/{{ code }}">{{ code }}</a> ({{ kind.status }}): {{ _(kind.cause) }}</li>{% endfor %}
</ul>
"""
)

_PROBLEM = (
    _PAGE
    % """
<h1>{{ status }} {{ title }}</h1><p>{{ detail }}</p>
{% if errors %}<ul>{% for each in errors %}
<li><strong>{{ each.field }}</strong>: {{ each.message }}</li>{% endfor %}
</ul>{% endif %}
<p><a href="{{ type }}">{{ _("About this error") }}</a></p>
<p><small>{{ _("Request") }} {{ instance }}</small></p>
"""
)


def prefers_page() -> bool:
    """Return whether the client is a browser that opens the URL itself: it prefers HTML to any kind of JSON."""
    if "text/html" not in request.headers.get("Accept", ""):
        return False
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "text/html"])
    return best == "text/html"


def page_of(problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Return a problem as a page. ``problem`` has the members of the JSON document."""
    response = page(_PROBLEM, problem, "no-store")
    response.status_code = problem["status"]
    response.headers.update(headers)
    return response


def page(template: str, values: Mapping[str, Any], caching: str) -> Response:
    """Return a page made of a template, in the language of the client. ``caching`` is its Cache-Control."""
    language = accepted_language()
    text = render_template_string(template, **values, language=language, _=partial(translated, language=language))
    headers = {"Cache-Control": caching, "Content-Security-Policy": _POLICY, **language_headers(language)}
    return Response(text, headers=headers, content_type="text/html; charset=utf-8")
