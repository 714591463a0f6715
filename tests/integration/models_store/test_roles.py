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
from models_store.errors import ArtifactRefused, RoleMoved, RoleRefused, SchemaChanged
from models_store.models import Release, RoleSpan
from models_store.selectors import champion, previous_champion, role_history, roles_now
from models_store.services.roles import move, promote, retire
from models_store.types import ROLE_TRANSITIONS, ReleaseRole
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
    assert entry.detail == {
        "release": second.name,
        "before": first.name,
        "from": "trained",
        "reason": "It is better.",
    }
    assert Event.objects.get(kind="release.promoted").subject_id == second.id


def test_each_roll_back_leads_one_further_back_and_a_new_champion_one_forward(operator: Actor) -> None:
    workflow = mail_workflow()
    one, two, three = champion(workflow.id), another_release(workflow), another_release(workflow, number=3)
    assert one is not None
    for minute, (to, before) in enumerate(
        [(two, one), (three, two), (two, one), (one, None), (three, one), (one, None), (two, one)]
    ):
        promote(release_id=to.pk, actor=operator, now=minutes_later(5 + minute), reason="tests")
        assert previous_champion(workflow.id) == before, minute


def test_rolling_back_is_promoting_the_one_before(operator: Actor) -> None:
    workflow = mail_workflow()
    first, second = champion(workflow.id), another_release(workflow)
    promote(release_id=second.id, actor=operator, now=minutes_later(5))
    back = previous_champion(workflow.id)
    assert back is not None
    promote(release_id=back.id, actor=operator, now=minutes_later(6), reason="Errors rose.")
    assert champion(workflow.id) == first
    assert previous_champion(workflow.id) is None, "the one that was taken back is no way back"
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


@pytest.mark.parametrize("role", ReleaseRole)
@pytest.mark.parametrize("to", ["shadow", "canary", "champion", "retired"])
def test_a_release_goes_only_where_the_table_lets_it(role: str, to: str, operator: Actor) -> None:
    workflow = mail_workflow()
    release = champion(workflow.id) if role == "champion" else another_release(workflow)
    assert release is not None
    if role != "champion":
        RoleSpan.objects.create(workflow=workflow, release=release, role=role, since=NOW, by="tests")
        if role == "retired":  # it was the champion once
            RoleSpan.objects.create(
                workflow=workflow, release=release, role="champion", since=NOW, until=NOW, by="tests"
            )
    before = RoleSpan.objects.count()
    allowed = to == role or to in ROLE_TRANSITIONS[role]
    try:
        span = move(
            release_id=release.id, to=ReleaseRole(to), actor=operator, now=minutes_later(1), reason="x"
        )
    except RoleRefused:
        assert not allowed
        assert RoleSpan.objects.count() == before
        return
    assert allowed
    assert RoleSpan.objects.get(release=release, until=None) == span
    assert span.role == to
    if to != role:
        entry = Entry.objects.filter(about_id=str(release.id)).latest("number")
        assert (entry.detail["from"], entry.detail["reason"], entry.actor_name) == (role, "x", "ada")


def test_any_role_leads_to_retirement_and_the_table_names_every_role() -> None:
    assert set(ROLE_TRANSITIONS) == set(ReleaseRole.values)
    assert all("retired" in after for role, after in ROLE_TRANSITIONS.items() if role != "retired")


def test_what_was_never_the_champion_does_not_come_back_as_one(operator: Actor) -> None:
    second = another_release(mail_workflow())
    retire(release_id=second.id, actor=operator, now=NOW, reason="No use.")
    with pytest.raises(RoleRefused, match="shadow"):
        promote(release_id=second.id, actor=operator, now=NOW)
    move(release_id=second.id, to=ReleaseRole.SHADOW, actor=operator, now=NOW)
    promote(release_id=second.id, actor=operator, now=minutes_later(1))
    assert champion(second.workflow_id) == second


def test_a_role_that_has_changed_since_it_was_seen_is_not_changed_again(operator: Actor) -> None:
    second = another_release(mail_workflow())
    move(release_id=second.id, to=ReleaseRole.SHADOW, actor=operator, now=NOW, seen="trained")
    with pytest.raises(RoleMoved):
        retire(release_id=second.id, actor=operator, now=NOW, reason="x", seen="trained")
    assert roles_now(second.workflow_id)[second.id].role == "shadow"


def test_several_are_in_shadow_and_the_oldest_makes_room(operator: Actor) -> None:
    workflow = mail_workflow()
    for number in range(2, 8):
        release = another_release(workflow, number)
        move(release_id=release.id, to=ReleaseRole.SHADOW, actor=operator, now=minutes_later(number))
    roles = RoleSpan.objects.filter(until=None).values_list("release__number", "role")
    assert dict(roles) == {1: "champion", 2: "retired", **dict.fromkeys(range(3, 8), "shadow")}


def test_a_new_champion_retires_the_challengers_that_are_older(operator: Actor) -> None:
    workflow = mail_workflow()
    releases = [another_release(workflow, number) for number in (2, 3, 4)]
    for release in releases:
        move(release_id=release.id, to=ReleaseRole.SHADOW, actor=operator, now=NOW)
    promote(release_id=releases[1].id, actor=operator, now=minutes_later(1))
    roles = RoleSpan.objects.filter(until=None).values_list("release__number", "role")
    assert dict(roles) == {1: "retired", 2: "retired", 3: "champion", 4: "shadow"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_retire_what_they_saw_in_shadow_one_is_told_that_it_has_moved() -> None:
    workflow = mail_workflow()
    release = another_release(workflow)
    move(release_id=release.id, to=ReleaseRole.SHADOW, actor=TESTER, now=NOW)
    together, told = Barrier(2), []

    def ask(to: ReleaseRole) -> None:
        together.wait(10)
        try:
            move(release_id=release.id, to=to, actor=TESTER, now=NOW, seen="shadow")
            told.append("moved")
        except RoleMoved:
            told.append("told")
        finally:
            connection.close()

    threads = [Thread(target=ask, args=[to]) for to in (ReleaseRole.RETIRED, ReleaseRole.CHAMPION)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["moved", "told"]
