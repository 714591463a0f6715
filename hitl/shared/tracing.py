"""Traces of requests, intake, scoring and jobs by OpenTelemetry: an extra, off unless it is asked for.

Its variables are the standard ones (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER`, ...), most of them
read by the SDK itself. A span holds names and numbers, never the content of a case. While it is off, a span
costs one comparison.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from hitl import __version__

log = logging.getLogger(__name__)

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_provider: Any = None
_tracer: Any = None
_NOTHING: AbstractContextManager[None] = nullcontext()


def is_asked_for(environment: Mapping[str, str]) -> bool:
    """Tell whether traces are to be sent somewhere.

    >>> is_asked_for({}), is_asked_for({"OTEL_TRACES_EXPORTER": "console"})
    (False, True)
    >>> is_asked_for({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"})
    False
    """
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    return exporter != "none" and bool(exporter or any(environment.get(name) for name in ENDPOINTS))


def start_tracing() -> bool:
    """Send traces from this process where that is asked for and its packages are there; whether it does."""
    if _tracer is not None or not is_asked_for(os.environ):
        return _tracer is not None
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

        if os.environ.get("OTEL_TRACES_EXPORTER") == "console":
            exporter: Any = ConsoleSpanExporter()
        else:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
    except ImportError as missing:
        facts = {"why": str(missing)}
        log.warning(
            "traces are asked for, and their packages are not installed",  # untranslated: a log
            extra=facts,
        )
        return False
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "hitl"), "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    use(provider)
    return True


def use(provider: Any) -> None:
    """Make the spans of this process with a provider; None ends it."""
    global _provider, _tracer
    _provider = provider
    _tracer = None if provider is None else provider.get_tracer("hitl", __version__)


def span(name: str, **facts: str | float) -> AbstractContextManager[Any]:
    """Trace a block, with a few names and numbers; nothing while tracing is off."""
    if _tracer is None:
        return _NOTHING
    attributes = {f"hitl.{key}": value for key, value in facts.items()}
    return _tracer.start_as_current_span(name, attributes=attributes)  # type: ignore[no-any-return]


def traced(application: WSGI) -> WSGI:
    """Return the application with a span for each request, in the trace that its caller began."""
    if _tracer is None:
        return application
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

    inner: WSGI = OpenTelemetryMiddleware(application, tracer_provider=_provider)
    return inner


def trace_jobs() -> None:
    """Give each job of a worker a span, in the trace of whoever rang for it."""
    if start_tracing():
        from opentelemetry.instrumentation.celery import CeleryInstrumentor

        CeleryInstrumentor().instrument(tracer_provider=_provider)
