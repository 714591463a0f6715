"""The reference says what the service does."""

from typing import Any

import msgspec
import orjson
import pytest

from cases.models import Workflow
from hitl.flow.doors.api import examples, shapes
from hitl.management.commands.openapi import REFERENCE
from tests.api.client import ApiClient


def reference(client: ApiClient) -> dict[str, Any]:
    response = client.send("GET", "/openapi.json")
    assert response.status_code == 200
    body: dict[str, Any] = orjson.loads(response.content)
    return body


def test_the_reference_in_the_documentation_is_that_of_the_service(db: None) -> None:
    written = orjson.loads(REFERENCE.read_bytes())
    assert reference(ApiClient(None)) == written, "run `python3 manage.py openapi` and read the difference"


def test_every_door_says_what_goes_wrong_and_needs_a_key(db: None) -> None:
    for path, methods in reference(ApiClient(None))["paths"].items():
        for method, door in methods.items():
            where = f"{method} {path}"
            assert {"401", "403", "429"} <= set(door["responses"]), where
            assert door["security"] == [{"ApiKey": []}], where
            assert door["summary"], where


@pytest.mark.parametrize("body", [examples.DECIDED, examples.WAITING])
def test_examples_have_the_shape_they_illustrate(body: dict[str, Any]) -> None:
    msgspec.convert(body, shapes.cases.Case)


def test_answers_have_the_shapes_of_the_reference(
    client: ApiClient, manager: ApiClient, workflow: Workflow
) -> None:
    def read(response: Any, shape: Any) -> None:
        msgspec.json.decode(response.content, type=shape)

    url = "/workflows/credit/cases"
    one = client.send("POST", url, {"content": {"amount": 1}})
    read(one, shapes.cases.Case)
    read(client.send("POST", url, {"content": {}}), shapes.base.ProblemDocument)
    read(client.send("POST", url, [{"content": {"amount": 1}}, {"content": {}}]), shapes.cases.BatchAnswer)
    read(client.send("GET", url), shapes.cases.CasePage)
    read(client.send("GET", one["Location"].removeprefix("/api/v1")), shapes.cases.Case)
    read(client.send("GET", one["Location"].removeprefix("/api/v1") + "/decisions"), shapes.cases.History)
    read(manager.send("GET", "/workflows"), shapes.workflows.WorkflowList)
    read(manager.send("GET", "/workflows/credit"), shapes.workflows.Workflow)
    later = client.send("POST", url, [{"content": {"amount": 1}}], headers={"Prefer": "respond-async"})
    read(later, shapes.cases.Batch)
