"""The operations for operators and machines: health, public keys and the OpenAPI document."""

from functools import partial
from typing import Annotated

from flask import Response, current_app, json
from pydantic import Field

from src.application.ports import KEYS_MAX_AGE
from src.domain.errors import Unavailable
from src.interfaces.errors.pages import prefers_page
from src.interfaces.framework.bodies import Query
from src.interfaces.framework.fields import BooleanParameter
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import unless_known
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import DocumentView, JwksView, StatusView

feature = Feature("Operations", "For operators and other machines.")
route = partial(Operation, feature)


@route("GET /health /healthz", Access.PUBLIC, StatusView)
def show_health() -> Response:
    """Tell whether the process is up."""
    return _public(StatusView().model_dump_json())


@route("GET /ready /readyz", Access.PUBLIC, StatusView, errors=(Unavailable,))
def show_readiness() -> Response:
    """Tell whether the store can be reached and the process is not about to end."""
    if services().jobs.runner.stopping.is_set():
        raise Unavailable
    services().maintenance.check_store()
    return _public(StatusView().model_dump_json())


@route("GET /.well-known/jwks.json", Access.PUBLIC, JwksView)
def show_keys() -> Response:
    """Publish the keys that verify our access tokens (RFC 7517)."""
    caching = f"public, max-age={int(KEYS_MAX_AGE.total_seconds())}"
    return _public(json.dumps(services().authentication.public_keys()), caching)


class Aliases(Query):
    """The routes to describe."""

    aliases: Annotated[
        BooleanParameter, Field(description="Also describe the aliases, which are marked as deprecated.")
    ] = False


@route("GET /openapi.json", Access.PUBLIC, DocumentView)
def show_openapi(query: Aliases) -> Response:
    """Describe every operation (OpenAPI 3.1)."""
    response = _public(current_app.extensions["portero.openapi"](query.aliases))
    response.add_etag()
    return unless_known(response)


@route("GET /", Access.PUBLIC, status=302)
def show_docs() -> Response:
    """Lead a browser to the console, and other clients to the interactive documentation at /docs."""
    path = "/console/" if current_app.config["CONSOLE"] and prefers_page() else "/docs"
    return Response(headers={"Location": path, "Vary": "Accept"}, status=302)


def _public(body: str, caching: str = "no-cache") -> Response:
    return Response(body, headers={"Cache-Control": caching}, content_type="application/json")
