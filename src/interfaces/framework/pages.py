"""Renders the pages for people, in the language of the browser."""

from functools import partial
from typing import Any

from flask import Response, render_template

from src.interfaces.framework.headers import accepted_language, language_headers
from src.interfaces.languages import translated

STRICT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""The Content-Security-Policy of a page without scripts, which loads files of this service only."""


def page(
    template: str, status: int = 200, *, policy: str = STRICT_POLICY, caching: str = "no-store", **values: Any
) -> Response:
    """Return a page. The template gets ``values``, the status, the language, and ``_``, which translates a message.

    ``policy`` is the Content-Security-Policy of the page, and ``caching`` its Cache-Control.
    """
    language = accepted_language()
    translate = partial(translated, language=language)
    text = render_template(template, **values, status=status, language=language, _=translate)
    headers = {"Content-Security-Policy": policy, "Cache-Control": caching, **language_headers(language)}
    return Response(text, status, headers, content_type="text/html; charset=utf-8")
