"""What a model lacks: a planted fault is found with its cases, labels are compared, a list put first."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.shared import clock
from hitl.shared.errors import Invalid, NotAllowed
from monitoring.maintain.asked import MAX_ATTEMPTS, SILENT, StudyRuns, ask_for_study, resume_studies
from monitoring.maintain.run import make_study
from monitoring.models import DataStudy
from reviews.models import Task
from reviews.services.first import MAX_FIRST, ask_first
from tests.support.data_rows import FIELD, ODD, erring_workflow, labelled_by, waiting_with_suggestions
from tests.support.factories import NOW, TESTER, person
from tests.support.pages import as_read
from tests.support.policy_rows import workflow_with_policy

pytestmark = pytest.mark.django_db


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person(*roles))
    return client


def studied(client: Client, slug: str) -> DataStudy:
    """Ask on the page, and do what a worker does."""
    client.post(reverse("data-study", args=[slug]), {"action": "study"})
    study = DataStudy.objects.latest("id")
    assert make_study(study.pk, now=clock.now())
    study.refresh_from_db()
    return study


def test_a_planted_fault_is_found_and_its_cases_are_asked_about_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.use(lambda: NOW)
    workflow, release = erring_workflow()
    waiting_with_suggestions(release, 250)
    hidden = [
        *waiting_with_suggestions(release, 30, mode="blind", reason="audit"),
        *waiting_with_suggestions(release, 30, mode="assisted", reason="undone"),
    ]
    ann, bob = person(Role.REVIEWER, username="ann"), person(Role.REVIEWER, username="bob")
    good, bad = release.labels
    labelled_by(release, [(ann, good, bob, bad if i % 4 == 0 else good) for i in range(24)])
    lead = signed_in(Role.LEAD)
    study = studied(lead, workflow.slug)
    found = study.found
    assert study.status == "done"
    assert found["answers"] == 600

    worse = [one for one in found["slices"]["shown"] if one["is_worse"]]
    assert worse[0]["kind"] == FIELD
    assert ODD in worse[0]["words"]
    assert all(
        case in {str(pk) for pk in workflow.cases.filter(content__Job=ODD).values_list("pk", flat=True)}
        for case in worse[0]["examples"]
    )
    assert not [one for one in found["entities"]["shown"] if one["is_worse"]]

    wanted = found["wanted"]
    chosen = {one["task"] for one in wanted["cases"]}
    assert len(chosen) == 100
    assert wanted["waiting"] == 250
    assert not chosen & {str(task.pk) for task in hidden}, "nobody who is asked blind is chosen"
    assert wanted["corrections"] > wanted["in_order"] > 0
    odd = Task.objects.filter(pk__in=chosen, case__content__Job=ODD).count()
    assert odd / 100 > 1.5 * Task.objects.filter(mode="assisted", case__content__Job=ODD).count() / 280
    assert found["consistency"]["differing"] >= 6
    assert {one["n"] for one in found["consistency"]["people"]} == {24}

    page = as_read(lead.get(reverse("data-needed", args=[workflow.slug])).content.decode())
    for words in ("errs more", ODD, "of 250 that wait", "by ann", "Only leads see this"):
        assert words in page, words
    other = as_read(
        signed_in(Role.OPERATOR).get(reverse("data-needed", args=[workflow.slug])).content.decode()
    )
    assert "errs more" in other
    assert "by ann" not in other
    assert "Only leads see this" not in other

    told = lead.post(reverse("data-study", args=[workflow.slug]), {"action": "first"}, follow=True)
    assert "100 cases go before the others now." in as_read(told.content.decode())
    assert {str(pk) for pk in Task.objects.filter(priority=1).values_list("pk", flat=True)} == chosen
    told = lead.post(reverse("data-study", args=[workflow.slug]), {"action": "first"}, follow=True)
    assert "None of them still waits behind." in as_read(told.content.decode())
    assert Entry.objects.filter(action="tasks.put_first").get().detail["cases"] == 100

    sent = lead.get(reverse("data-wanted", args=[workflow.slug, "csv"])).content.decode()
    rows = list(csv.DictReader(io.StringIO(sent)))
    assert [row["case"] for row in rows] == [one["case"] for one in wanted["cases"]]
    assert all("the model is unsure" in row["why"] for row in rows)
    as_json = lead.get(reverse("data-wanted", args=[workflow.slug, "json"])).json()
    assert [row["case"] for row in as_json] == [row["case"] for row in rows]
    assert lead.get(reverse("data-wanted", args=[workflow.slug, "xml"])).status_code == 422
    assert Entry.objects.filter(action="export.taken").count() == 2


def test_without_answers_nothing_is_claimed() -> None:
    clock.use(lambda: NOW)
    workflow, _ = erring_workflow(0)
    client = signed_in(Role.LEAD)
    address = reverse("data-needed", args=[workflow.slug])
    assert "Nothing was studied yet" in client.get(address).content.decode()
    study = studied(client, workflow.slug)
    assert (study.found["answers"], study.found["wanted"]["cases"]) == (0, [])
    page = as_read(client.get(address).content.decode())
    assert "too few to tell slices apart" in page
    assert "No case waits that could be chosen." in page
    assert "errs more" not in page.replace("errs more than the rest", "")


def test_one_study_runs_at_a_time_and_a_lost_one_is_made_again_but_not_for_ever() -> None:
    clock.use(lambda: NOW)
    workflow, _ = erring_workflow(0)
    lead = person(Role.LEAD).as_actor()
    study = ask_for_study(workflow=workflow, actor=lead, now=NOW)
    with pytest.raises(StudyRuns):
        ask_for_study(workflow=workflow, actor=lead, now=NOW)
    client = signed_in(Role.LEAD)
    part = client.get(reverse("data-needed", args=[workflow.slug]), headers={"HX-Request": "true"})
    assert "waits for a worker" in part.content.decode()
    assert "HX-Refresh" not in part.headers
    at = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        at += 2 * SILENT
        assert resume_studies(now=at) == 1
        DataStudy.objects.filter(pk=study.pk).update(status="running", worked_at=at, attempts=attempt)
    assert resume_studies(now=at + timedelta(minutes=1)) == 0, "its worker is at it"
    assert not make_study(study.pk, now=at + timedelta(minutes=1))
    assert resume_studies(now=at + 2 * SILENT) == 0
    study.refresh_from_db()
    assert (study.status, study.reason) == ("failed", f"Its worker was lost {MAX_ATTEMPTS} times.")
    assert "was lost" in client.get(reverse("data-needed", args=[workflow.slug])).content.decode()
    part = client.get(reverse("data-needed", args=[workflow.slug]), headers={"HX-Request": "true"})
    assert part.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("roles", "refused"), [((Role.REVIEWER,), True), ((Role.AUDITOR,), True), ((Role.OPERATOR,), False)]
)
def test_who_may_not_ask_changes_nothing(roles: Any, refused: bool) -> None:
    workflow = workflow_with_policy()
    actor = person(*roles).as_actor()
    with pytest.raises(NotAllowed if refused else Exception):
        ask_for_study(workflow=workflow, actor=actor, now=NOW)
    client = signed_in(*roles)
    for action in ("study", "first", "what"):
        client.post(reverse("data-study", args=[workflow.slug]), {"action": action})
    assert not DataStudy.objects.exists()
    if Role.REVIEWER in roles:
        for name, parts in (("data-needed", []), ("data-wanted", ["csv"])):
            assert client.get(reverse(name, args=[workflow.slug, *parts])).status_code == 404


def test_too_much_at_once_is_refused() -> None:
    lead, workflow = person(Role.LEAD).as_actor(), workflow_with_policy()
    for n in (0, MAX_FIRST + 1):
        with pytest.raises(Invalid):
            ask_first(workflow=workflow, task_ids=[workflow.pk] * n, why="x", actor=lead, now=NOW)
    with pytest.raises(NotAllowed):
        ask_first(workflow=workflow, task_ids=[workflow.pk], why="x", actor=TESTER, now=NOW)
