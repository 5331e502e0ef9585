"""Traces with OpenTelemetry: a span for each request, commit, call of another service or object storage, and job run.

Spans hold no personal data: only the names and values that this service gives them, never a path, a query, an address,
a user agent or the message of an error. OpenTelemetry is loaded by ``start``, and not at all without it.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer, TracerProvider

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_FLUSH_SECONDS = 2.0
"""The seconds for which a stopping process waits until its last spans are sent."""

_Kind = Literal["INTERNAL", "SERVER", "CLIENT"]
_tracer: "Tracer | None" = None


def start(endpoint: str) -> Callable[[], None]:
    """Send the spans of this process to the collector at ``endpoint``. Return a function that sends waiting spans now.

    Call it after a fork, because the thread that sends does not survive one. The library reads further settings from
    the variables OTEL_* of the environment. Raises ImportError if OpenTelemetry is not installed.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "portero"}).merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    use(provider)

    def flush() -> None:
        # The library limits neither the wait for a silent collector nor the number of attempts.
        sender = threading.Thread(target=provider.force_flush, name="flush", daemon=True)
        sender.start()
        sender.join(_FLUSH_SECONDS)

    return flush


def use(provider: "TracerProvider | None") -> None:
    """Record spans with this provider, or none. It does not become the global one, which Google's libraries use."""
    global _tracer
    _tracer = provider.get_tracer("portero") if provider else None


def span(
    name: str, kind: _Kind = "INTERNAL", attributes: Mapping[str, Any] | None = None, *, parent: str | None = None
) -> AbstractContextManager[dict[str, Any]]:
    """Return a context manager that records its block as a span, if this process is traced.

    The block gets a dictionary for further attributes. ``parent`` is the ``traceparent`` of the span that the new one
    continues, by default the current span.
    """
    return nullcontext({}) if _tracer is None else _attributed(_tracer, name, kind, attributes, parent)


def traceparent() -> str | None:
    """Return the current span in the form of the header traceparent (W3C), or None outside of a traced span."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _continued(parent: str) -> "Context":
    """Return a context whose current span is ``parent``, the value of a header traceparent; none if it is invalid."""
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent}, Context())


def traced(application: Any, route: Callable[[], str | None]) -> Any:
    """Wrap a WSGI application so that each request is a span. Return it unchanged if this process is not traced.

    The span continues the trace of the client, if the request names one. The id of the trace becomes the id of the
    request, unless the client has sent an id. ``route`` returns the pattern of the path of the current request, or None
    if there is none.
    """
    if (tracer := _tracer) is None:
        return application
    from opentelemetry.trace import format_trace_id

    def handle(environ: dict[str, Any], start_response: Any) -> Any:
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in _METHODS else "_OTHER"
        parent = _continued(environ.get("HTTP_TRACEPARENT", ""))
        with _recorded(tracer, method, "SERVER", {"http.request.method": method}, parent) as span:
            if own := traceparent():  # none if OTEL_SDK_DISABLED is set
                environ.setdefault("HTTP_X_REQUEST_ID", format_trace_id(span.get_span_context().trace_id))
                environ["HTTP_TRACEPARENT"] = own  # for logs

            def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
                if pattern := route():
                    span.update_name(f"{method} {pattern}")
                    span.set_attribute("http.route", pattern)
                span.set_attribute("http.response.status_code", int(status[:3]))
                if status.startswith("5"):
                    _fail(span, status[:3])
                return start_response(status, headers, *error)

            return application(environ, start)

    return handle


@contextmanager
def _attributed(
    tracer: "Tracer", name: str, kind: _Kind, attributes: Mapping[str, Any] | None, parent: str | None
) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {}
    with _recorded(tracer, name, kind, attributes, _continued(parent) if parent else None) as span:
        try:
            yield found
        finally:
            span.set_attributes(found)


@contextmanager
def _recorded(
    tracer: "Tracer", name: str, kind: _Kind, attributes: Mapping[str, Any] | None, parent: "Context | None" = None
) -> Iterator["Span"]:
    """Record the block as a span. Of an exception only its class is recorded, because messages may name people."""
    from opentelemetry.trace import SpanKind

    with tracer.start_as_current_span(
        name, parent, SpanKind[kind], attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            _fail(span, type(error).__name__)
            raise


def _fail(span: "Span", reason: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", reason)
    span.set_status(StatusCode.ERROR)
