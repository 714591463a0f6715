"""One champion at a time; a change holds from the next case on, and can be taken back."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from cases.models import Workflow
from cases.services.workflows import change_schema
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.outbox.models import Endpoint, Event
from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed, NotFound
from hitl.shared.ids import new_id
from models_store import artifacts
from models_store.errors import ArtifactRefused, SchemaChanged
from models_store.models import Release, RoleSpan
from models_store.selectors import champion, previous_champion, role_history
from models_store.services.roles import promote
from tests.support.factories import NOW, TESTER, person
from tests.support.policy_rows import minutes_later
from tests.support.spam import WORLD, mail_workflow, model

pytestmark = pytest.mark.django_db


def another_release(workflow: Workflow, number: int = 2) -> Release:
    """Return a release without a role, with the champion's file."""
    release = Release.objects.get(workflow=workflow, number=1)
    release.id, release.number = new_id(), number
    release._state.adding = True
    release.save()
    return release


@pytest.fixture
def operator() -> Actor:
    return person(Role.OPERATOR, username="ada").as_actor()


def test_promoting_retires_the_champion_and_tells_everybody(operator: Actor) -> None:
    workflow = mail_workflow()
    first, second = champion(workflow.id), another_release(workflow)
    assert first is not None
    before = Workflow.objects.get().policy_version
    Endpoint.objects.create(name="all", url="https://example.org/", secrets=["s"], created_at=NOW)
    promote(release_id=second.id, actor=operator, now=minutes_later(5), reason=" It is better. ")
    assert champion(workflow.id) == second
    assert previous_champion(workflow.id) == first
    assert Workflow.objects.get().policy_version == before + 1
    assert [(span.role, span.by) for span in role_history(first.id)][-1] == ("retired", "ada")
    entry = Entry.objects.get(action="release.promoted")
    assert entry.detail == {"release": second.name, "before": first.name, "reason": "It is better."}
    assert Event.objects.get(kind="release.promoted").subject_id == second.id


def test_rolling_back_is_promoting_the_one_before(operator: Actor) -> None:
    workflow = mail_workflow()
    first, second = champion(workflow.id), another_release(workflow)
    promote(release_id=second.id, actor=operator, now=minutes_later(5))
    back = previous_champion(workflow.id)
    assert back is not None
    promote(release_id=back.id, actor=operator, now=minutes_later(6), reason="Errors rose.")
    assert champion(workflow.id) == first
    assert previous_champion(workflow.id) == second
    spans = RoleSpan.objects.filter(workflow=workflow).order_by("since", "id")
    assert [(span.release.number, span.role, span.until is None) for span in spans] == [
        (1, "champion", False),
        (1, "retired", False),
        (2, "champion", False),
        (2, "retired", True),
        (1, "champion", True),
    ]


def test_promoting_the_champion_changes_nothing(operator: Actor) -> None:
    workflow = mail_workflow()
    first = champion(workflow.id)
    assert first is not None
    promote(release_id=first.id, actor=operator, now=minutes_later(5))
    assert RoleSpan.objects.count() == 1
    assert not Entry.objects.filter(action="release.promoted").exists()


def test_a_release_for_other_fields_is_not_promoted(operator: Actor) -> None:
    workflow = mail_workflow()
    second = another_release(workflow)
    change_schema(
        workflow_id=workflow.id, fields=WORLD.fields[:1], labels=WORLD.labels, actor=TESTER, now=NOW
    )
    with pytest.raises(SchemaChanged):
        promote(release_id=second.id, actor=operator, now=NOW)
    assert RoleSpan.objects.count() == 1


def test_a_release_whose_file_is_damaged_is_not_promoted(operator: Actor) -> None:
    workflow = mail_workflow()
    second = another_release(workflow)
    Release.objects.filter(pk=second.pk).update(signature=bytes(32))
    with pytest.raises(ArtifactRefused):
        promote(release_id=second.id, actor=operator, now=NOW)
    assert artifacts.load(Release.objects.get(number=1)) == model().artifact
    assert RoleSpan.objects.count() == 1


def test_only_operators_promote(operator: Actor) -> None:
    second = another_release(mail_workflow())
    for role in (Role.REVIEWER, Role.LEAD, Role.AUDITOR):
        with pytest.raises(NotAllowed):
            promote(release_id=second.id, actor=person(role).as_actor(), now=NOW)
    with pytest.raises(NotFound):
        promote(release_id=new_id(), actor=operator, now=NOW)
    assert RoleSpan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_promotions_at_once_the_later_stands_and_there_is_one_champion() -> None:
    workflow = mail_workflow()
    challengers = [another_release(workflow, number) for number in (2, 3)]
    together = Barrier(2)

    def ask(release: Release) -> None:
        together.wait(10)
        try:
            promote(release_id=release.id, actor=TESTER, now=NOW)
        finally:
            connection.close()

    threads = [Thread(target=ask, args=[release]) for release in challengers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    open_spans = RoleSpan.objects.filter(until=None).values_list("release__number", "role")
    assert sorted(role for _, role in open_spans) == ["champion", "retired", "retired"]
    assert RoleSpan.objects.filter(role="champion").count() == 3
