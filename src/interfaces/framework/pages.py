"""Renders the pages for people, in the language of the browser."""

from functools import partial
from typing import Any

from flask import Response, render_template

from src.domain.messages import Translatable
from src.interfaces.framework.headers import accepted_language, language_headers
from src.interfaces.framework.numbers import shown_number, shown_size
from src.interfaces.framework.times import shown_time
from src.interfaces.languages import translated

STRICT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""The Content-Security-Policy of a page without scripts, which loads files of this service only."""


def page(
    template: str, status: int = 200, *, policy: str = STRICT_POLICY, caching: str = "no-store", **values: Any
) -> Response:
    """Return a page. The template gets ``values``, the status and the language.

    It also gets ``_``, which translates a message and fills in its values, and ``when``, ``number`` and ``size``, which
    show a time, a number, and a number of bytes.
    ``policy`` is the Content-Security-Policy of the page, and ``caching`` its Cache-Control.
    """
    language = accepted_language()

    def translate(message: str, **filled_in: object) -> str:
        return translated(Translatable(message, **filled_in), language)

    when = partial(shown_time, language=language)
    number, size = partial(shown_number, language=language), partial(shown_size, language=language)
    shown = {"_": translate, "when": when, "number": number, "size": size}
    text = render_template(template, **values, **shown, status=status, language=language)
    headers = {"Content-Security-Policy": policy, "Cache-Control": caching, **language_headers(language)}
    return Response(text, status, headers, content_type="text/html; charset=utf-8")
