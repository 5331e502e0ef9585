"""The Flask application."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from flask import Flask, Response, json, request
from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound

from src.domain.errors import Overloaded
from src.interfaces.errors.problems import allowed, answer_error
from src.interfaces.framework.headers import add_headers
from src.interfaces.framework.request_log import log_requests_of
from src.interfaces.framework.requests import LATE, MONITORED
from src.interfaces.http.features import (
    accounts,
    datasets,
    deliveries,
    directory,
    dogs,
    error_pages,
    events,
    exports,
    factors,
    files,
    health,
    invitations,
    jobs,
    keys,
    mails,
    oauth,
    passkeys,
    second_steps,
    service_accounts,
    sessions,
    step_ups,
    tasks,
    webhooks,
)
from src.interfaces.http.framework import metrics
from src.interfaces.http.framework.answering import mount
from src.interfaces.http.framework.compression import compression_of
from src.interfaces.http.openapi import describe
from src.interfaces.services import Services
from src.interfaces.web.console import console as console_pages
from src.interfaces.web.console.health import Checks, Operations
from src.interfaces.web.docs import docs
from src.interfaces.web.mails import pages

MAX_BODY_BYTES = 1 << 20
"""The limit of a JSON or form body, in bytes."""

_MODULES = (
    accounts,
    sessions,
    tasks,
    dogs,
    files,
    datasets,
    jobs,
    directory,
    events,
    invitations,
    webhooks,
    mails,
    passkeys,
    step_ups,
    second_steps,
    factors,
    keys,
    service_accounts,
    oauth,
    health,
    metrics,
    error_pages,
)
"""The modules in the order in which a newcomer needs their operations, which is the order of the documentation."""
FEATURES = tuple(module.feature for module in _MODULES)


class _App(Flask):
    """A Flask application without asynchronous functions, whose Allow headers are sorted."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``func`` unchanged.

        Flask would inspect at every request whether each hook and handler is asynchronous.
        """
        return func

    def make_default_options_response(self) -> Response:
        """Return the answer to OPTIONS. Flask makes its Allow header from a set, whose order differs each time."""
        response = super().make_default_options_response()
        response.headers["Allow"] = allowed(response.allow)
        return response


def create_app(
    services: Services,
    version: str,
    *,
    cors_origins: Sequence[str] = (),
    trusted_proxies: int = 0,
    https: bool = False,
    metrics_token: str | None = None,
    issuer: str = "portero",
    public_url: str | None = None,
    max_upload_bytes: int = 256 << 20,
    dev_mail_published: bool = False,
    log_requests: bool = False,
    docs_aliases: bool = False,
    console: bool = True,
    console_admin: bool = True,
    picture_hosts: Sequence[str] = ("images.dog.ceo",),
    development: bool = False,
    operations: Operations | None = None,
) -> Flask:
    """Return a WSGI application that serves ``services``.

    ``issuer`` is the issuer of the access tokens, and ``public_url`` the address of the service for its clients, if
    it is known. Pages of ``cors_origins`` may read the answers; "*" stands for every origin. ``trusted_proxies`` is the
    number of proxies in front that write X-Forwarded-For. With ``https``, answers tell browsers to use https only.
    ``metrics_token`` is the token that reads the metrics. An uploaded file may have at most ``max_upload_bytes`` bytes.
    With ``dev_mail_published``, other machines may read the mails of development. ``log_requests`` writes a line to the
    log for each request. With ``docs_aliases``, /docs shows the aliases too. ``console`` serves the pages under
    /console/, and ``console_admin`` those of them that are for admins. Pages show pictures of dogs from
    ``picture_hosts``. With ``development``, errors say what a developer can do. ``operations`` is what the pages of
    operators show of the service itself.
    """
    app = _App("portero", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config.update(MAX_UPLOAD_BYTES=max_upload_bytes, ISSUER=issuer, PUBLIC_URL=public_url)
    app.config.update(DEV_MAIL_PUBLISHED=dev_mail_published, DOCS_ALIASES=docs_aliases, DEVELOPMENT=development)
    app.config.update(CONSOLE=console, CONSOLE_ADMIN=console_admin)
    app.config["PICTURE_HOSTS"] = [host.encode("idna").decode() for host in picture_hosts]  # as headers spell them
    # Every path also works with a trailing slash, without a redirect.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["portero"] = services
    operations = operations or Operations()
    app.extensions["portero.operations"] = Checks(operations)
    app.extensions["portero.export"] = exports.stream_export
    app.extensions["portero.openapi"] = cache(lambda aliases: _document(services, version, aliases))
    if log_requests:
        log_requests_of(app)
    metrics.measure(app, services.metrics, operations.traffic, metrics_token)
    add_headers(app, cors_origins=cors_origins, trusted_proxies=trusted_proxies, https=https)
    app.register_error_handler(Exception, answer_error)
    for refusal in (MethodNotAllowed, Overloaded):
        app.register_error_handler(refusal, oauth.answer_refusal)
    app.before_request(_check_request)
    compressed = compression_of(app)
    for feature in (*FEATURES, *([deliveries.feature] if services.deliveries else [])):
        mount(feature, app, compressed)
    app.register_blueprint(docs)
    app.register_blueprint(pages)
    if console:
        app.register_blueprint(console_pages, name="web.console")
    # compressed, because they contain no secret (BREACH)
    for page in ("docs.show_docs", "docs.show_guide"):
        app.view_functions[page] = compressed(app.view_functions[page])
    compressed_once = compression_of(app, once=True)
    for file in ("docs.send_asset", "web.static"):
        app.view_functions[file] = compressed_once(app.view_functions[file])
    return app


def _document(services: Services, version: str, aliases: bool) -> str:
    """Return the OpenAPI document as JSON. Its keys keep their order, which is meant for readers."""
    return json.dumps(describe(FEATURES, version, aliases, services.rules.passwords.min_length), sort_keys=False)


def _check_request() -> None:
    """Refuse requests without exactly one Host header, and paths that Werkzeug would change.

    Raises BadRequest, NotFound, and Overloaded for a request that the server calls late.
    """
    environ = request.environ
    if LATE in environ and request.path.rstrip("/") not in MONITORED:
        raise Overloaded
    if "HTTP_HOST" not in environ and environ["SERVER_PROTOCOL"] == "HTTP/1.1":  # RFC 9112 section 3.2
        raise BadRequest("Send the header Host.")
    if "," in environ.get("HTTP_HOST", ""):  # granian joins the values of several headers
        raise BadRequest("Send the header Host once.")
    path = environ["PATH_INFO"].encode("latin-1")  # the encoding of PEP 3333
    try:
        path.decode("utf-8")
    except UnicodeError:
        raise BadRequest("The path is not valid UTF-8.") from None
    if path.startswith(b"//"):
        raise NotFound
