"""The reference tells the truth in both directions: requests made from it get the answers that it names.

Statuses, content types and shapes of answers are those of the reference; what it forbids is refused; methods
it does not name are not there. Not checked here: whether all that it allows is taken in, since no schema says
that names differ or that a body is a picture (`test_bad_input.py`), and keys (`test_access.py`).
"""

from collections import Counter
from collections.abc import Iterator

import orjson
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from cases.models import Workflow
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.api.handler import ApiHandler
from hitl.flow.doors.api.reference import document
from tests.support.factories import NOW, TESTER

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the connection, whose transaction is the test's, from one request to the next."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ask_all(workflow: Workflow, most: int) -> Counter[str]:
    """Make so many requests of each kind for each operation, and check the answers."""
    _, secret = create_key(name="all", scopes=list(Scope), is_for_all_workflows=True, actor=TESTER, now=NOW)
    reference = schemathesis.openapi.from_dict(orjson.loads(document()))
    reference.app = ApiHandler()
    asked: Counter[str] = Counter()
    for found in reference.get_all_operations():
        operation = found.ok()
        for mode in MODES:

            @seeded(1)
            @settings(
                max_examples=most,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case) -> None:
                asked[operation.label] += 1  # noqa: B023 - called here
                if "slug" in (case.path_parameters or {}) and asked.total() % 4:
                    case.path_parameters["slug"] = workflow.slug
                answer = case.call(headers={"Authorization": f"Bearer {secret}"})
                case.validate_response(answer, excluded_checks=[positive_data_acceptance, ignored_auth])

            ask()
    return asked


def test_requests_made_from_the_reference_get_the_answers_that_it_names(
    workflow: Workflow, one_connection: None
) -> None:
    asked = ask_all(workflow, most=5)
    paths = orjson.loads(document())["paths"]
    assert set(asked) >= {f"{method.upper()} {path}" for path, item in paths.items() for method in item}


@pytest.mark.long
def test_many_requests_made_from_the_reference_get_the_answers_that_it_names(
    workflow: Workflow, one_connection: None
) -> None:
    ask_all(workflow, most=300)
