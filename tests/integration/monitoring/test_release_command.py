"""`manage.py release` does what the page of a model does, under the same rules."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hitl.shared import clock
from models_store.selectors import champion, roles_now
from policy.models import Certificate
from tests.support.canary_rows import CanaryWorld, canary_world
from tests.support.policy_rows import lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> CanaryWorld:
    found = canary_world(history=0)
    Certificate.objects.update(valid_until=clock.now() + timedelta(days=1))
    return found


def release(world: CanaryWorld, act: str, *, name: str = "2", person: str = "") -> str:
    said = StringIO()
    named = {"person": person or world.actor.name, "reason": "of the tests"}
    call_command("release", act, "spam-mail", name, stdout=said, **named)
    return said.getvalue()


def test_a_canary_from_start_to_roll_back(world: CanaryWorld) -> None:
    for act in ("canary", "widen", "hold", "resume"):
        assert "done" in release(world, act)
    assert world.canary.share == 500
    release(world, "rollback", name=world.release.name)
    assert roles_now(world.workflow.pk)[world.release.pk].role == "retired"


def test_a_promotion_takes_an_operator(world: CanaryWorld) -> None:
    with pytest.raises(CommandError, match="operators"):
        release(world, "promote", person=lead("leader").name)
    release(world, "promote")
    assert champion(world.workflow.pk) == world.release


def test_what_is_not_there_is_named(world: CanaryWorld) -> None:
    with pytest.raises(CommandError, match=r"no model 9\. There are: v2"):
        release(world, "canary", name="9")
    with pytest.raises(CommandError, match="is no canary"):
        release(world, "hold")
    with pytest.raises(CommandError, match="no account nobody"):
        release(world, "canary", person="nobody")
