"""The part of a release's page about its share of the decisions: who sees it, and what may be done there."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from hitl.accounts.types import Role
from hitl.shared import clock
from models_store.selectors import roles_now
from policy.models import Certificate
from policy.models.canaries import Canary, ReleaseChange
from tests.support.canary_rows import CanaryWorld, canary_world
from tests.support.factories import person
from tests.support.pages import as_read

pytestmark = pytest.mark.django_db


def world_of_today(**policy: object) -> CanaryWorld:
    """Return a world whose certificates have not ended, as pages go by the real clock."""
    world = canary_world(history=0, **policy)  # type: ignore[arg-type]
    Certificate.objects.update(valid_until=clock.now() + timedelta(days=1))
    return world


@pytest.fixture
def world() -> CanaryWorld:
    return world_of_today()


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person(*roles))
    return client


def read(client: Client, world: CanaryWorld) -> str:
    return as_read(client.get(reverse("release-canary", args=[world.release.pk])).content.decode())


def act(client: Client, world: CanaryWorld, name: str, **data: str) -> str:
    answer = client.post(reverse(name, args=[world.release.pk]), data, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def role(world: CanaryWorld) -> str:
    return roles_now(world.workflow.pk)[world.release.pk].role


def test_an_operator_starts_widens_holds_lets_go_on_and_rolls_back(world: CanaryWorld) -> None:
    client = signed_in(Role.OPERATOR)
    assert "Start a canary" in read(client, world)
    assert "first cases" in act(client, world, "release-change-role", action="canary", reason="Try it.")
    assert "nobody can say yet" in read(client, world)
    assert "larger share" in act(
        client, world, "release-change-role", action="widen", reason="It is fine.", seen="canary 100"
    )
    assert "another share" in act(
        client, world, "release-change-role", action="widen", reason="Twice.", seen="canary 100"
    )
    assert Canary.objects.get().share == 500
    act(client, world, "release-move", action="hold", reason="The fair is on.")
    assert "Held by a person" in read(client, world)
    act(client, world, "release-move", action="resume", reason="It is over.")
    assert "Held by" not in read(client, world)
    act(client, world, "release-move", action="roll-back", reason="It looks odd.")
    assert role(world) == "retired"
    assert "Recall its decisions" in read(client, world)


def test_a_lead_holds_and_rolls_back_and_is_offered_no_more(world: CanaryWorld) -> None:
    world.start()
    client = signed_in(Role.LEAD)
    seen = read(client, world)
    assert "Roll back" in seen
    assert "Widen" not in seen
    assert "operators" in act(client, world, "release-change-role", action="widen", reason="More.")
    act(client, world, "release-move", action="roll-back", reason="It looks odd.")
    assert role(world) == "retired"


def test_reviewers_find_nothing_and_auditors_change_nothing(world: CanaryWorld) -> None:
    world.start()
    address = reverse("release-canary", args=[world.release.pk])
    assert signed_in(Role.REVIEWER, Role.ADJUDICATOR).get(address).status_code == 404
    auditor = signed_in(Role.AUDITOR)
    assert "Roll back" not in read(auditor, world)
    move = reverse("release-move", args=[world.release.pk])
    assert auditor.post(move, {"action": "roll-back", "reason": "x"}).status_code == 403
    assert role(world) == "canary"


def test_what_makes_no_sense_is_refused_in_words(world: CanaryWorld) -> None:
    client = signed_in(Role.OPERATOR)
    assert "Use one of canary, widen, promote" in act(
        client, world, "release-change-role", action="fly", reason="x"
    )
    assert "Say why" in act(client, world, "release-change-role", action="canary", reason=" ")
    assert "no canary" in act(client, world, "release-move", action="hold", reason="x")
    assert not Canary.objects.exists()


def test_a_second_person_approves_on_the_page() -> None:
    world = world_of_today(needs_second_person=True)
    first, second = signed_in(Role.OPERATOR), signed_in(Role.OPERATOR)
    assert "Asked for" in act(first, world, "release-change-role", action="canary", reason="Try it.")
    assert "Take it back" in read(first, world)
    change = ReleaseChange.objects.get()
    settle = reverse("release-change", args=[world.release.pk, change.pk])
    first.post(settle, {"answer": "approve"})
    assert role(world) == "shadow"
    assert "Approve" in read(second, world)
    second.post(settle, {"answer": "approve"})
    assert role(world) == "canary"
