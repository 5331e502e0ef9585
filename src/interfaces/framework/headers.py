"""Adds the headers of every answer: request id, caching, security and CORS."""

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from flask import Flask, Response, request
from flask_cors import cross_origin

from src.domain.values import new_id
from src.interfaces.languages import LANGUAGES

request_fields: ContextVar[Mapping[str, str | None]] = ContextVar("request_fields", default=MappingProxyType({}))
"""The fields about the current request that are added to each of its log lines."""

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACE = re.compile(r"[0-9a-f]{32}(?=[-/])")

ALLOWED_HEADERS = [
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Prefer",
    "Range",
    "traceparent",
    "X-Request-Id",
    "X-Requested-With",
]
EXPOSED_HEADERS = [
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
]

_DEFAULTS = [
    ("Cache-Control", "no-store"),
    # The recommendation of the OWASP Secure Headers Project for an API.
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
]
"""The headers of every answer that has no other value for them."""
_PRIVATE_PAGES = ("web.show_caught_mails", "web.console.")
"""The beginnings of the endpoints of pages that no page of another site may read."""
_ADDRESS_AND_PORT = re.compile(r"\[(?P<ipv6>[^]]+)\](:\d+)?|(?P<ipv4>[\d.]+):\d+")
_HTTPS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
_ACCEPTS = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE")
_LANGUAGE = "portero.language"
_MAX_ACCEPTED = 500
"""The characters of a header with which a client says what it accepts. Those of browsers have up to 200."""


def add_headers(app: Flask, *, cors_origins: Sequence[str], trusted_proxies: int, https: bool) -> None:
    """Add the headers to every answer of ``app``, errors included.

    ``trusted_proxies`` is the number of proxies in front that write X-Forwarded-For. ``https`` tells browsers to use
    https only.
    """
    if cors_origins:
        _allow_origins(app, cors_origins)
    app.wsgi_app = _with_headers(app.wsgi_app, [*_DEFAULTS, _HTTPS] if https else _DEFAULTS)  # type: ignore[method-assign]
    if trusted_proxies:
        app.wsgi_app = _with_client_address(app.wsgi_app, trusted_proxies)  # type: ignore[method-assign]


def _with_headers(application: Any, defaults: list[tuple[str, str]]) -> Any:
    """Wrap a WSGI application so that each request gets an id, and each answer carries the id and the default headers.

    The headers are added to the list that the server gets, because checking each of them in Flask's headers takes
    longer than routing the request. The port is removed from the client's address, which some proxies write into
    X-Forwarded-For, because each port would otherwise count as another client. Long lists of what the client accepts
    are cut, because each entry is compared with what the service has.
    """

    def handle(environ: dict[str, Any], start_response: Any) -> Any:
        for name in _ACCEPTS:
            if len(environ.get(name, "")) > _MAX_ACCEPTED:
                environ[name] = environ[name][:_MAX_ACCEPTED].rpartition(",")[0]
        sent = environ.get("HTTP_X_REQUEST_ID", "")
        id = environ["HTTP_X_REQUEST_ID"] = sent if _ACCEPTED_ID.fullmatch(sent) else new_id()
        if found := _ADDRESS_AND_PORT.fullmatch(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = found["ipv6"] or found["ipv4"]
        request_fields.set({"request_id": id, "ip": environ.get("REMOTE_ADDR"), "trace_id": _trace(environ)})

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            given = {name for name, _ in headers}
            added = [default for default in defaults if default[0] not in given]
            return start_response(status, [*headers, ("X-Request-Id", id), *added], *error)

        return application(environ, start)

    return handle


def _with_client_address(application: Any, proxies: int) -> Any:
    """Wrap a WSGI application so that REMOTE_ADDR is the address of the client, not that of the last proxy.

    Each of the ``proxies`` appends the address that connects to it to X-Forwarded-For, so the address of the client is
    found by counting from the end. The client can send anything before it. Werkzeug's ProxyFix is not used, because it
    reads the header as a list of quoted values: it ignores the whole header if the client opens a quote and does not
    close it.
    """

    def handle(environ: dict[str, Any], start_response: Any) -> Any:
        addresses = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(addresses) >= proxies and (address := addresses[-proxies].strip()):
            environ["REMOTE_ADDR"] = address
        return application(environ, start_response)

    return handle


def _allow_origins(app: Flask, origins: Sequence[str]) -> None:
    """Let the pages of ``origins`` read the answers of ``app``; "*" stands for every origin."""
    anyone = "*" in origins
    with_cors = cross_origin(
        # As patterns of their own: flask-cors takes a text with a character such as [ for one.
        origins="*" if anyone else [re.compile(re.escape(origin) + r"\Z") for origin in origins],
        send_wildcard=anyone,
        vary_header=False,  # flask-cors omits it for an origin that is not allowed
        automatic_options=False,
        allow_headers=ALLOWED_HEADERS,
        expose_headers=EXPOSED_HEADERS,
        max_age=600,
    )(lambda response: response)

    @app.before_request
    def answer_preflight() -> Response | None:
        """Answer a preflight request, also for an unknown path.

        Otherwise the browser would hide the 404 problem of the actual request from the page.
        """
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return app.make_default_options_response() if asked and "Origin" in request.headers else None

    @app.after_request
    def allow(response: Response) -> Response:
        if not anyone:
            response.vary.add("Origin")
        # Most clients are no browsers and send no origin; flask-cors would take its time for them too.
        is_shared = request.environ.get("HTTP_ORIGIN") and not (request.endpoint or "").startswith(_PRIVATE_PAGES)
        return with_cors(response) if is_shared else response


def _trace(environ: dict[str, Any]) -> str | None:
    """Return the id of the trace that the request belongs to.

    The id is in the header of https://www.w3.org/TR/trace-context/, or in the header of Google Cloud.
    """
    traced = environ.get("HTTP_TRACEPARENT", "")[3:] or environ.get("HTTP_X_CLOUD_TRACE_CONTEXT", "")
    found = _TRACE.match(traced) if traced else None
    return found[0] if found else None


def accepted_language() -> str:
    """Return the tag of the language that the current request prefers.

    Each tag, the preferred one first, is tried without its region (RFC 4647 section 3.4). Werkzeug's best_match first
    tries all tags as they are, so that "es-MX, en;q=0.5" would be English.
    """
    environ = request.environ
    if _LANGUAGE not in environ:  # an answer can have hundreds of sentences
        wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
        environ[_LANGUAGE] = next((tag for tag in wanted if tag in LANGUAGES), "en")
    language: str = environ[_LANGUAGE]
    return language


def language_headers(language: str) -> dict[str, str]:
    """Return the headers of a page that the same URL shows in other languages too."""
    return {"Content-Language": language, "Vary": "Accept-Language"}
