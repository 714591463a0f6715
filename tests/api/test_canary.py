"""A key looks at a canary, holds it and rolls it back, and can do no more with it."""

import pytest

from hitl.accounts.types import Scope
from models_store.selectors import roles_now
from policy.models.canaries import Canary
from tests.api.client import ApiClient
from tests.api.conftest import client_with
from tests.support.canary_rows import CanaryWorld, canary_world

pytestmark = pytest.mark.django_db

URL = "/workflows/spam-mail/canary"


@pytest.fixture
def world() -> CanaryWorld:
    return canary_world(history=0)


@pytest.fixture
def key() -> ApiClient:
    return client_with(Scope.RELEASE)


def test_without_a_canary_there_is_nothing(world: CanaryWorld, key: ApiClient) -> None:
    assert key.send("GET", URL).status_code == 404
    assert key.send("POST", f"{URL}/rollback", {"reason": "x"}).status_code == 404


def test_a_key_holds_and_rolls_back(world: CanaryWorld, key: ApiClient) -> None:
    world.start()
    seen = key.send("GET", URL).json()
    assert (seen["share"], seen["held_by"], seen["answers"]) == (0.01, None, None)
    held = key.send("POST", f"{URL}/hold", {"reason": "The fair is on."})
    assert held.json()["held_by"] == "person"
    back = key.send("POST", f"{URL}/rollback", {"reason": "It looks odd."})
    assert back.json()["end"] == "rolled_back"
    assert roles_now(world.workflow.pk)[world.release.pk].role == "retired"


@pytest.mark.parametrize("act", ["hold", "rollback"])
def test_a_reason_is_needed_and_other_scopes_are_refused(
    world: CanaryWorld, key: ApiClient, act: str
) -> None:
    world.start()
    assert key.send("POST", f"{URL}/{act}", {"reason": " "}).status_code == 422
    other = client_with(Scope.MANAGE)
    assert other.send("POST", f"{URL}/{act}", {"reason": "x"}).status_code == 403
    assert Canary.objects.get().hold == ""
