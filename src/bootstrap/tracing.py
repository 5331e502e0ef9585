"""Starts the traces that the settings ask for."""

from collections.abc import Callable
from importlib import import_module

from src.infrastructure import tracing
from src.settings import ConfigurationError, Settings


def load_tracing(settings: Settings) -> None:
    """Load OpenTelemetry if the settings want traces, so that processes forked later share it.

    Raises ConfigurationError if it is not installed.
    """
    if settings.otel_exporter_otlp_endpoint:
        try:
            import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        except ImportError:
            name = "OTEL_EXPORTER_OTLP_ENDPOINT"
            raise ConfigurationError(f"{name}: OpenTelemetry needs requirements/extras.txt installed") from None


def start_tracing(settings: Settings) -> Callable[[], None]:
    """Trace this process if the settings want traces. Return a function that sends the waiting spans now.

    Call it after a fork. Raises ConfigurationError if OpenTelemetry is not installed.
    """
    load_tracing(settings)
    if not settings.otel_exporter_otlp_endpoint:
        return lambda: None
    return tracing.start(str(settings.otel_exporter_otlp_endpoint))
