"""Adds the headers of every answer: request id, caching, security and CORS."""

import hashlib
import re
import uuid
from base64 import b64encode
from collections.abc import Sequence

from flask import Flask, Response, g, request
from flask_cors import CORS
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.middleware.proxy_fix import ProxyFix

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACE = re.compile(r"[0-9a-f]{32}(?=[-/])")
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

# The recommendation of the OWASP Secure Headers Project for an API.
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_headers(app: Flask, *, cors_origins: Sequence[str], trusted_proxies: int, https: bool) -> None:
    """Add the headers to every answer of ``app``, errors included.

    ``trusted_proxies`` is the number of proxies in front that write X-Forwarded-For. ``https`` tells browsers to use
    https only.
    """
    anyone = "*" in cors_origins
    if trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted_proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]

    @app.before_request
    def identify() -> None:
        sent = request.headers.get("X-Request-Id", "")
        g.request_id = sent if _ACCEPTED_ID.fullmatch(sent) else uuid.uuid4().hex
        clear_contextvars()
        bind_contextvars(request_id=g.request_id, ip=request.remote_addr, trace_id=_trace())

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        if g.get("private") or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        if "Allow" in response.headers:  # made from a set, whose order differs between processes
            response.headers["Allow"] = ", ".join(sorted(response.allow))
        response.headers.extend(_SECURITY)
        if cors_origins and not anyone:
            response.vary.add("Origin")
        response.headers["Content-Security-Policy"] = _content_policy(response)
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response

    if cors_origins:
        CORS(
            app,
            origins=list(cors_origins),
            send_wildcard=anyone,
            always_send=False,
            vary_header=False,  # flask-cors omits it for an origin that is not allowed; finish() adds it
            allow_headers=["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Prefer", "X-Request-Id"],
            expose_headers=["ETag", "Link", "Location", "Retry-After", "X-Request-Id", "WWW-Authenticate"],
            max_age=600,
        )

        @app.before_request
        def answer_preflight() -> Response | None:
            """Answer a preflight request, also for an unknown path.

            Otherwise the browser would hide the 404 problem of the actual request from the page.
            """
            asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
            return app.make_default_options_response() if asked and "Origin" in request.headers else None


def _trace() -> str | None:
    """Return the id of the trace that the request belongs to.

    It is in the header of https://www.w3.org/TR/trace-context/ or in that of Google Cloud.
    """
    traced = request.headers.get("traceparent", "")[3:] or request.headers.get("X-Cloud-Trace-Context", "")
    found = _TRACE.match(traced)
    return found[0] if found else None


def _content_policy(response: Response) -> str:
    """Return a policy under which pages load nothing but our files and run only their own inline scripts."""
    if response.mimetype != "text/html":
        return "default-src 'none'; frame-ancestors 'none'"
    scripts = _INLINE_SCRIPT.findall(response.get_data())
    hashes = "".join(f" 'sha256-{b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
    return (
        f"default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
