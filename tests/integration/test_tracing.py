"""Traces: off unless asked for; where the extra is installed, a case's way through intake is one trace."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.shared import tracing
from tests.support.factories import NOW
from tests.support.spam import mail_workflow, mails


def test_nothing_is_traced_and_nothing_imported_unless_it_is_asked_for() -> None:
    code = (
        "import sys, django; django.setup()\n"
        "from hitl.shared.tracing import span, start_tracing\n"
        "assert not start_tracing()\n"
        "with span('intake', cases=1): pass\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    asked = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    assert subprocess.run([sys.executable, "-c", code], env=asked).returncode == 0


@pytest.fixture
def spans() -> Iterator[Any]:
    """What is traced, kept in memory."""
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="requirements-tracing.txt is not installed")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing.use(provider)
    yield kept
    tracing.use(None)


@pytest.mark.django_db
def test_intake_and_scoring_are_one_trace_without_a_word_of_the_case(spans: Any) -> None:
    workflow = mail_workflow()
    submit_cases(Intake(workflow.slug, [Submission(mails()[0].content)], None, NOW))
    found = {one.name: one for one in spans.get_finished_spans()}
    assert set(found) == {"intake", "scoring"}
    assert found["scoring"].parent.span_id == found["intake"].context.span_id
    assert found["intake"].attributes == {"hitl.workflow": workflow.slug, "hitl.cases": 1}
    assert set(found["scoring"].attributes) == {"hitl.release", "hitl.cases"}


def test_a_request_goes_on_with_the_trace_that_its_caller_began(spans: Any) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/workflows/x/cases",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "HTTP_TRACEPARENT": f"00-{trace}-b7ad6b7169203331-01",
    }

    def inner(_: Any, begin: Any) -> list[bytes]:
        begin("201 Created", [])
        with tracing.span("intake", cases=1):
            return [b""]

    list(tracing.traced(inner)(environ, lambda *_: None))
    assert {f"{one.context.trace_id:032x}" for one in spans.get_finished_spans()} == {trace}
    assert len(spans.get_finished_spans()) == 2
