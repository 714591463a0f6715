"""How many statements each door costs, once a process is warm. A change of a number is a change to review."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Workflow
from tests.api.client import ApiClient

URL = "/workflows/credit/cases"
GOOD = {"content": {"amount": 1}}

BASELINE = {
    "one case": 1,
    "a batch of 100": 8,
    "a case that does not fit": 2,
    "look at a case": 3,
    "a page of 20 cases": 4,
    "the history of a case": 3,
    "all workflows": 6,
}


@pytest.fixture
def doors(client: ApiClient, manager: ApiClient, workflow: Workflow) -> dict[str, Any]:
    """Every door, and a warm process behind it."""
    case_id = client.send("POST", URL, GOOD).json()["id"]
    client.send("POST", URL, [GOOD] * 30)
    manager.send("GET", "/workflows")
    return {
        "one case": lambda: client.send("POST", URL, GOOD),
        "a batch of 100": lambda: client.send("POST", URL, [GOOD] * 100),
        "a case that does not fit": lambda: client.send("POST", URL, {"content": {}}),
        "look at a case": lambda: client.send("GET", f"/cases/{case_id}"),
        "a page of 20 cases": lambda: client.send("GET", f"{URL}?limit=20"),
        "the history of a case": lambda: client.send("GET", f"/cases/{case_id}/decisions"),
        "all workflows": lambda: manager.send("GET", "/workflows"),
    }


def test_no_door_costs_more_statements_than_was_reviewed(doors: dict[str, Any]) -> None:
    counted = {}
    for name, call in doors.items():
        with CaptureQueriesContext(connection) as captured:
            assert call().status_code in (200, 201, 422), name
        counted[name] = len(captured)
    assert counted == BASELINE
