"""For operators and other machines: health, keys, and the description of all this."""

from flask import Response, current_app, json

from src.domain.errors import Unavailable
from src.interfaces.http.operations import Access, Operations, services
from src.interfaces.http.views import DocumentView, JwksView, StatusView

KEYS_MAX_AGE = 300
"""Seconds for which others may keep the public keys."""

operations = Operations("Operations", "For operators and other machines.")


@operations.add("GET", "/health", aliases=("/healthz",), access=Access.PUBLIC, answer=StatusView)
def show_health() -> Response:
    """Tell whether the process is up."""
    return _public(StatusView().model_dump_json())


@operations.add("GET", "/ready", aliases=("/readyz",), access=Access.PUBLIC, answer=StatusView, errors=(Unavailable,))
def show_readiness() -> Response:
    """Tell whether the store can be reached."""
    services().check_store()
    return _public(StatusView().model_dump_json())


@operations.add("GET", "/.well-known/jwks.json", access=Access.PUBLIC, answer=JwksView)
def show_keys() -> Response:
    """Publish the keys that verify our access tokens (RFC 7517)."""
    response = _public(json.dumps(services().public_keys()))
    # Short: whoever meets a key that is not in it asks again anyway, but a key that was taken out must go.
    response.headers["Cache-Control"] = f"public, max-age={KEYS_MAX_AGE}"
    return response


@operations.add("GET", "/openapi.json", access=Access.PUBLIC, answer=DocumentView)
def show_openapi() -> Response:
    """Describe every operation (OpenAPI 3.1)."""
    return _public(current_app.extensions["portero.openapi"])


@operations.add("GET", "/", access=Access.PUBLIC, status=302)
def show_docs() -> Response:
    """Lead people to the interactive documentation at /docs."""
    return Response(headers={"Location": "/docs"}, status=302)


def _public(body: str) -> Response:
    return Response(body, content_type="application/json")
