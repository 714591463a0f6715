"""A workflow, keys and clients for the tests of the API."""

from collections.abc import Iterator

import pytest

from cases.models import Workflow
from hitl.accounts.clients import forget_client
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.accounts.usage import forget_uses
from hitl.api.limits import forget_limits
from hitl.flow.setup.create import set_up_workflow
from tests.api.client import ApiClient
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER


@pytest.fixture(autouse=True)
def fresh_api_memory() -> Iterator[None]:
    """Begin each test as a new web process would."""
    forget_client()
    forget_limits()
    forget_uses()
    yield
    forget_client()


@pytest.fixture
def workflow(db: None) -> Workflow:
    """A workflow of table fields, where people decide."""
    return set_up_workflow(
        slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )


def client_with(*scopes: str, all_workflows: bool = True) -> ApiClient:
    """Return a client whose key has these scopes."""
    _, secret = create_key(
        name="tests", scopes=scopes, is_for_all_workflows=all_workflows, actor=TESTER, now=NOW
    )
    return ApiClient(secret)


@pytest.fixture
def client(db: None) -> ApiClient:
    """A client that may submit and read."""
    return client_with(Scope.SUBMIT, Scope.READ)


@pytest.fixture
def manager(db: None) -> ApiClient:
    """A client that may create and change workflows."""
    return client_with(Scope.MANAGE)
