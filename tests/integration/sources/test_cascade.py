"""A cascade in service: who is asked about what, what waits for whom, and what it costs."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case
from hitl.accounts.types import Role
from hitl.flow.intake import scoring
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from models_store.models import (
    Evaluation,
    Release,
    ShadowScore,
    Source,
    SourceScore,
    TrainingRun,
    TrainingSettings,
)
from models_store.selectors import n_precedents
from models_store.services.evidence import evidence_for
from models_store.services.roles import move, promote
from models_store.services.schedule import request_due
from models_store.source_figures import figures_of
from models_store.types import ReleaseRole, RunStatus
from monitoring.shadow.scoring import score_workflow
from policy.models import Decision
from reviews.models import Task
from science.decision_terms import Reason
from tests.support.cascade_rows import (
    OTHER,
    SURE,
    UNSURE,
    N,
    answer,
    deciding,
    fitted,
    ids_of,
    labelled,
    mails,
    send,
)
from tests.support.factories import NOW, TESTER, person
from tests.support.model_rows import carry_out, requested, train_now
from tests.support.pages import as_read
from tests.support.remote_rows import fetch, workflow_of
from tests.support.source_rows import fit_now, give_labels
from tests.support.stub_scorers import Stub, served

pytestmark = pytest.mark.django_db


def test_it_is_a_release_like_any_other_and_speaks_of_every_case() -> None:
    with served(Stub(answer)) as stub:
        workflow = labelled(stub)
        run = fitted(workflow)
    assert run.status == RunStatus.SUCCEEDED, run.reason
    release = run.release
    assert release is not None
    assert release.is_cascade
    assert release.source == Source.objects.get()
    found = Evaluation.objects.get(release=release)
    assert len(found.label_ids) == N
    wrong = [said != true for said, true in zip(found.predicted, found.truth, strict=True)]
    assert np.mean(wrong) < 0.08
    assert not np.isnan(found.scores).any()
    assert 0.2 < release.report["cascade"]["left"] < 0.6
    assert n_precedents(release.pk) > 0


def test_labels_from_before_anybody_listened_teach_the_first_and_judge_nobody() -> None:
    with served(Stub(answer)) as stub:
        workflow = labelled(stub)
        Case.objects.filter(pk__in=Case.objects.order_by("id").values("pk")[:100]).update(
            received_at=NOW - timedelta(days=9)
        )
        release = fitted(workflow).release
    assert release is not None
    assert release.report["own"]["n_rows"] == N
    assert len(Evaluation.objects.get(release=release).label_ids) == N - 100


def test_what_the_first_is_sure_of_is_decided_at_once_and_the_rest_waits_for_the_second() -> None:
    with served(Stub(answer)) as stub:
        workflow, _ = deciding(stub)
        asked = len(stub.bodies)
        sure, unsure, lost = ids_of(send(workflow, [SURE, OTHER, UNSURE]))
        assert len(stub.bodies) == asked, "a request waits for no server"
        assert Decision.objects.get(case_id=sure).reason == Reason.ABOVE_CUTOFF
        assert Case.objects.get(pk=sure).answer == "spam"
        assert not Decision.objects.filter(case_id__in=[unsure, lost]).exists()
        fetch()
        (body,) = stub.bodies[asked:]
        assert [one["body"] for one in body["request"]["items"]] == [OTHER, UNSURE]
    assert Case.objects.get(pk=unsure).answer == "spam"
    assert Decision.objects.get(case_id=lost).reason == Reason.BELOW_CUTOFF
    assert Task.objects.get(purpose="review").case_id == lost  # what is decided may be audited
    reasons = dict(SourceScore.objects.filter(case_id__in=[sure, unsure]).values_list("case_id", "unusable"))
    assert reasons == {sure: Reason.SOURCE_SPARED, unsure: ""}


def test_the_page_says_what_a_case_costs_and_what_was_saved(client: Client) -> None:
    with served(Stub(answer)) as stub:
        workflow, _ = deciding(stub)
        texts, _ = mails(60, seed=5)
        send(workflow, texts)
        fetch()
    source = Source.objects.get()
    figures = figures_of(source)
    spent = sum(one.cost or 0.0 for one in SourceScore.objects.all())
    assert figures.spared == SourceScore.objects.filter(unusable=Reason.SOURCE_SPARED).count() > 20
    assert figures.received + figures.spared == N + 60
    assert figures.spent == pytest.approx(spent)
    assert figures.cost_per_case == pytest.approx(spent / (N + 60))
    assert figures.saved == pytest.approx(figures.spared * spent / figures.received)
    client.force_login(person(Role.OPERATOR, username="olga"))
    page = client.get(reverse("source", args=[source.pk])).content.decode()
    assert f"{figures.cost_per_case:.6f}" in page
    assert f"{figures.saved:.2f} saved" in page
    card = client.get(reverse("release", args=[Release.objects.get().pk])).content.decode()
    assert "speaks of the cases where its likeliest label" in card
    file = client.get(reverse("model-card", args=[Release.objects.get().pk])).content.decode()
    assert "A cascade: a local model" in file
    assert source.sha256 in file


def test_while_another_release_of_it_is_in_use_it_is_asked_about_everything(client: Client) -> None:
    with served(Stub(answer)) as stub:
        workflow, cascade = deciding(stub)
        alone = fit_now(Source.objects.get()).release
        assert alone is not None
        promote(release_id=cascade.pk, actor=TESTER, now=NOW)
        move(release_id=alone.pk, to=ReleaseRole.SHADOW, actor=TESTER, now=NOW)
        (sure,) = ids_of(send(workflow, [SURE]))
        fetch()
        assert SourceScore.objects.get(case_id=sure).proba == pytest.approx([0.75, 0.25])
        client.force_login(person(*Role.values))
        page = reverse("source", args=[Source.objects.get().pk])
        why = f'all of its scores: <a href="{reverse("release", args=[alone.pk])}">{alone.name}</a>'
        assert why in as_read(client.get(page).content.decode())
        move(release_id=alone.pk, to=ReleaseRole.RETIRED, actor=TESTER, now=NOW, reason="enough seen")
        assert "is asked about every case" not in as_read(client.get(page).content.decode())
        (other,) = ids_of(send(workflow, [SURE]))
        fetch()
    assert SourceScore.objects.get(case_id=other).unusable == Reason.SOURCE_SPARED


def test_a_cascade_that_takes_over_retires_its_source_alone_which_would_be_asked_about_all() -> None:
    with served(Stub(answer)) as stub:
        workflow = labelled(stub)
        TrainingSettings.objects.update_or_create(workflow=workflow, defaults={"challengers_wait": True})
        own = train_now(workflow).release
        alone, cascade = fit_now(Source.objects.get()).release, fitted(workflow).release
        assert own is not None
        assert alone is not None
        assert cascade is not None
        promote(release_id=cascade.pk, actor=TESTER, now=NOW)
        roles = {one.pk: one.role_spans.get(until=None).role for one in (own, alone, cascade)}
        assert (roles[alone.pk], roles[cascade.pk]) == (ReleaseRole.RETIRED, ReleaseRole.CHAMPION)
        (sure,) = ids_of(send(workflow, [SURE]))
        fetch()
    assert SourceScore.objects.get(case_id=sure).unusable == Reason.SOURCE_SPARED


def test_a_cascade_in_shadow_scores_all_and_is_what_it_would_be_in_service() -> None:
    with served(Stub(answer)) as stub:
        workflow = labelled(stub)
        alone = fit_now(Source.objects.get()).release
        cascade = fitted(workflow).release
        assert alone is not None
        assert cascade is not None
        promote(release_id=alone.pk, actor=TESTER, now=NOW)
        if cascade.role_spans.get(until=None).role != ReleaseRole.SHADOW:
            move(release_id=cascade.pk, to=ReleaseRole.SHADOW, actor=TESTER, now=NOW)
        ids = ids_of(send(workflow, [SURE, OTHER]))
        fetch()
        score_workflow(workflow.pk, now=NOW + timedelta(hours=1), settle=timedelta(0))
    said = ShadowScore.objects.filter(release=cascade, case_id__in=ids)
    assert set(said.values_list("case__content__body", "predicted")) == {
        (SURE, "spam"), (OTHER, "spam"),
    }  # fmt: skip


def test_a_server_that_is_down_keeps_only_what_was_left_from_being_decided() -> None:
    with served(Stub(answer)) as stub:
        workflow, _ = deciding(stub)
        stub.status = 503
        sure, left = ids_of(send(workflow, ["meeting 1 904", OTHER]))
        fetch()
        scoring.fetch_scores(source_id=Source.objects.get().pk, now=NOW + timedelta(seconds=61))
    assert Case.objects.get(pk=sure).answer == "ham"
    assert Decision.objects.get(case_id=left).reason == Reason.SOURCE_FAILED
    assert Task.objects.filter(case_id=left).exists()
    assert SourceScore.objects.get(case_id=sure).unusable == Reason.SOURCE_SPARED


def test_evidence_is_shown_of_what_the_first_said_and_no_other() -> None:
    with served(Stub(answer)) as stub:
        workflow, release = deciding(stub)
        sure, left = ids_of(send(workflow, [SURE, OTHER]))
        fetch()
    told = {"release_id": release.pk, "target": "spam", "contrast": "ham", "now": NOW}
    found = evidence_for(case_id=sure, **told)
    assert found["status"] in ("ok", "weak")
    assert found["highlights"]
    assert evidence_for(case_id=left, **told)["status"] == "elsewhere"


def test_new_labels_fit_a_cascade_anew() -> None:
    with served(Stub(answer)) as stub:
        workflow, _ = deciding(stub)
        later = NOW + timedelta(days=1)
        texts, truth = mails(400, seed=7, hard=0.7)
        results = submit_cases(
            Intake(workflow.slug, [Submission({"body": one}) for one in texts], None, later, is_batch=True)
        )
        fetch(later)
        give_labels(workflow, dict(zip(ids_of(results), truth, strict=True)), at=later)
    carry_out(requested(workflow, at=later).pk)
    request_due(now=later + timedelta(hours=1))
    last = TrainingRun.objects.latest("requested_at")
    assert (last.source, last.is_cascade) == (Source.objects.get(), True)


def test_the_button_asks_for_a_cascade(client: Client) -> None:
    with served(Stub(answer)) as stub:
        workflow_of(stub)
    source = Source.objects.get()
    client.force_login(person(Role.OPERATOR, username="olga"))
    assert (
        "Fit it as the second of a cascade"
        in client.get(reverse("source", args=[source.pk])).content.decode()
    )
    client.post(reverse("fit-source", args=[source.pk]), {"cascade": "1"})
    run = TrainingRun.objects.get()
    assert (run.source, run.is_cascade) == (source, True)
