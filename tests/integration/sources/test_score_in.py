"""Scores of a model elsewhere come with the case: they decide under the promise, or a person does."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from cases.models import Case, Workflow
from hitl.flow.intake import in_force
from hitl.flow.intake.parse import read_cases
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake
from models_store.models import Evaluation, Release, RoleSpan, ShadowScore, Source, SourceScore
from models_store.services.evidence import evidence_for
from models_store.services.roles import promote
from models_store.services.schedule import due_source, request_due
from models_store.services.sources import retire_source
from models_store.types import GateCheck, ReleaseRole
from monitoring.shadow.scoring import score_workflow
from policy.models import Decision
from reviews.models import Task
from science.decision_terms import OF_SOURCES, Reason
from tests.support.factories import NOW, TESTER
from tests.support.model_rows import train_now
from tests.support.source_rows import (
    LABEL_MAP,
    MODEL,
    VERSION,
    deciding,
    fit_now,
    listening,
    people_answered,
    scores,
    sent,
    source_of,
    submit_scored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    in_force.forget()


def routed(result: Any) -> Decision:
    assert result.case is not None, result.errors
    return Decision.objects.get(case_id=result.case["id"], sequence=0)


def test_labels_of_scored_cases_make_a_calibrated_release_like_any_other() -> None:
    workflow = listening()
    people_answered(workflow, 400)
    source = Source.objects.get()
    run = fit_now(source)
    assert run.status == "succeeded", run.reason
    release = Release.objects.get()
    assert release.source == source
    assert release.name.endswith(release.artifact_sha256[:8])
    assert release.report["source"]["temperature"] == pytest.approx(0.2, abs=0.08)
    assert release.report["source"]["label_map"] == LABEL_MAP
    evaluation = Evaluation.objects.get(release=release)
    assert len(evaluation.label_ids) == 400
    assert np.isfinite(evaluation.scores).all()
    assert RoleSpan.objects.get(release=release, until=None).role == ReleaseRole.CHAMPION
    assert fit_now(source).status == "refused", "the same labels give the same calibrator"


def test_a_sure_score_decides_and_an_unsure_one_goes_to_a_person() -> None:
    workflow = deciding()
    sure, unsure = submit_scored(workflow, [scores(1 - 1e-9), scores(0.6)], first=1000)
    first, second = routed(sure), routed(unsure)
    assert (first.route, first.label, first.release.source) == ("auto", "spam", Source.objects.get())  # type: ignore[union-attr]
    assert 0.8 <= (first.confidence or 0) < 1 - 1e-6, "what it says of itself is not believed"
    assert (second.route, second.reason, second.predicted) == ("review", "below_cutoff", "spam")
    kept = SourceScore.objects.get(case_id=sure.case["id"])  # type: ignore[index]
    assert kept.proba == pytest.approx([1e-9, 1 - 1e-9])


def test_one_by_one_and_together_scores_decide_alike() -> None:
    workflow = deciding()
    said = [scores(p) for p in (0.999999, 0.7, 0.0001)] + [None, {"model": MODEL}]
    together = submit_scored(workflow, said, first=2000)
    singly = [submit_scored(workflow, [one], is_batch=False, first=3000 + i)[0] for i, one in enumerate(said)]

    def outcome(result: Any) -> tuple[Any, ...]:
        row = routed(result)
        return row.route, row.reason, row.score, row.proba

    assert [outcome(one) for one in together] == [outcome(one) for one in singly]
    assert SourceScore.objects.filter(case_id__in=[one.case["id"] for one in singly if one.case]).count() == 3


BAD: dict[str, tuple[object, Reason]] = {
    "nothing sent": (None, Reason.SOURCE_SILENT),
    "another version": (scores(0.99, version="2026-04"), Reason.SOURCE_UNREGISTERED),
    "another model": ({**scores(0.99), "model": "other"}, Reason.SOURCE_UNREGISTERED),
    "no object": ("0.99", Reason.SCORES_MALFORMED),
    "no version": ({"model": MODEL, "probabilities": sent(0.99)}, Reason.SCORES_MALFORMED),
    "no probabilities": ({"model": MODEL, "version": VERSION}, Reason.SCORES_MALFORMED),
    "a label missing": ({**scores(0.5), "probabilities": {"JUNK": 1.0}}, Reason.SCORES_LACK_LABEL),
    "a label too many": (
        {**scores(0.5), "probabilities": {**sent(0.9), "ODD": 0.0}},
        Reason.SCORES_EXTRA_LABEL,
    ),
    "NaN": ({**scores(0.5), "probabilities": {"JUNK": float("nan"), "FINE": 1.0}}, Reason.SCORES_NO_NUMBERS),
    "negative": ({**scores(0.5), "probabilities": {"JUNK": -0.5, "FINE": 1.5}}, Reason.SCORES_NEGATIVE),
    "sum off": ({**scores(0.5), "probabilities": {"JUNK": 0.99, "FINE": 0.5}}, Reason.SCORES_SUM),
    "six at once": ([scores(0.99, version=str(i)) for i in range(6)], Reason.SOURCE_UNREGISTERED),
}


def test_what_is_no_score_goes_to_a_person_each_with_its_reason_and_nothing_is_lost() -> None:
    workflow = deciding()
    body = json.dumps([{"content": {"body": f"bad {what}"}, "scores": one} for what, (one, _) in BAD.items()])
    items = read_cases(body.encode(), "application/json").items  # as it comes in, NaN and all
    results = submit_cases(Intake(workflow.slug, items, None, NOW, is_batch=True))
    assert [result.status for result in results] == [201] * len(BAD)
    found = {what: routed(result) for what, result in zip(BAD, results, strict=True)}
    assert {what: row.reason for what, row in found.items()} == {what: why for what, (_, why) in BAD.items()}
    for row in found.values():
        assert (row.route, row.predicted, row.score, row.release_id) == ("review", None, None, row.release_id)
        task = Task.objects.get(case_id=row.case_id)
        assert (task.status, task.mode, task.reasons) == ("waiting", "blind", ["unsaid"])


def test_a_second_score_of_the_same_source_does_not_talk_it_out_of_the_first() -> None:
    workflow = deciding()
    (result,) = submit_scored(workflow, [[scores(1e-9), scores(1 - 1e-9)]], first=4000)
    assert routed(result).predicted == "ham"


def test_a_new_version_is_heard_beside_the_old_one_and_decides_nothing() -> None:
    workflow = deciding()
    source_of(workflow, version="2026-04")
    in_force.forget()
    both = [scores(1 - 1e-9), scores(1e-9, version="2026-04")]
    (result,) = submit_scored(workflow, [both], first=5000)
    assert (routed(result).route, routed(result).label) == ("auto", "spam")
    assert SourceScore.objects.filter(case_id=result.case["id"]).count() == 2  # type: ignore[index]


def test_a_retired_source_sends_its_cases_to_people_from_the_next_case_on() -> None:
    workflow = deciding()
    retire_source(source_id=Source.objects.get().pk, actor=TESTER, now=NOW, reason="It was sold.")
    (result,) = submit_scored(workflow, [scores(1 - 1e-9)], first=6000)
    assert routed(result).reason == Reason.SOURCE_UNREGISTERED


def test_in_shadow_it_scores_what_came_with_the_cases_and_says_where_nothing_did() -> None:
    workflow, release = beside_our_own_model()
    sent_now = [scores(0.9), None, {**scores(0.5), "probabilities": {}}]
    cases = [one.case["id"] for one in submit_scored(workflow, sent_now, first=7000) if one.case]
    score_workflow(workflow.pk, now=NOW + timedelta(minutes=5))
    own = ShadowScore.objects.filter(release_id=release.pk, case_id__in=cases).order_by("case_id")
    assert [one.unscored for one in own] == ["", "unsaid", "unsaid"]
    assert own[0].predicted == "spam"
    assert not Decision.objects.filter(case_id__in=cases, reason__in=OF_SOURCES).exists(), (
        "the champion is the service's own: what came beside the case is none of its business"
    )


def beside_our_own_model() -> tuple[Workflow, Release]:
    """Return a workflow with a champion of its own, and a source in shadow that errs more."""
    workflow = listening()
    people_answered(workflow, 300)
    train_now_on_texts(workflow)
    run = fit_now(Source.objects.get())
    assert run.release is not None, run.reason
    return workflow, run.release


def test_a_source_that_errs_more_than_the_champion_is_looked_at_in_shadow_and_not_promoted() -> None:
    _, release = beside_our_own_model()
    span = RoleSpan.objects.get(release=release, until=None)
    assert span.role == ReleaseRole.SHADOW
    assert "it is wrong in" in span.reason
    assert [check["check"] for check in release.report["gate"] if not check["passed"]] == [GateCheck.CHAMPION]


def train_now_on_texts(workflow: Workflow) -> None:
    """Make a model of the service's own the champion: it learns a word that tells the labels apart."""
    for label in ("ham", "spam"):
        cases = Case.objects.filter(workflow=workflow, answer=label)
        for place, case in enumerate(cases):
            case.content = {
                "body": f"{case.content['body']} {'offer' if label == 'spam' else 'hello'} {place}"
            }
            case.save()
    run = train_now(workflow)
    assert run.release is not None, run.reason


def test_a_model_of_our_own_is_compared_with_a_champion_elsewhere_only_where_that_spoke() -> None:
    workflow = deciding()
    people_answered(workflow, 100, seed=5, first=8000)
    silent = Case.objects.filter(workflow=workflow).order_by("-id")[:40]
    SourceScore.objects.filter(case_id__in=list(silent.values_list("pk", flat=True))).delete()
    train_now_on_texts(workflow)
    release = Release.objects.get(source=None)
    against = release.report["against_champion"]
    assert against["errors"]["n_cases"] == 60
    assert against["is_fresh"]


def test_our_own_new_champion_does_not_push_a_source_out_of_the_shadow() -> None:
    workflow, release = beside_our_own_model()
    people_answered(workflow, 100, seed=5, first=8000)
    train_now_on_texts(workflow)
    newest = Release.objects.filter(source=None).latest("number")
    assert newest.number > release.number
    promote(release_id=newest.pk, actor=TESTER, now=NOW)
    assert RoleSpan.objects.get(release=release, until=None).role == ReleaseRole.SHADOW


def test_there_is_no_evidence_for_a_score_from_elsewhere_and_that_is_said() -> None:
    workflow = deciding()
    (result,) = submit_scored(workflow, [scores(0.6)], first=9000)
    row = routed(result)
    assert row.release_id is not None
    found = evidence_for(
        case_id=row.case_id, release_id=row.release_id, target="spam", contrast="ham", now=NOW
    )
    assert found == {"schema": "highlight/1", "status": "elsewhere", "highlights": []}


def test_a_calibrator_is_fitted_by_itself_when_enough_scored_cases_are_labelled() -> None:
    workflow = listening()
    people_answered(workflow, 199)
    assert due_source(workflow.pk, now=NOW) == (None, "")
    people_answered(workflow, 1, seed=2, first=500)
    source = Source.objects.get()
    assert due_source(workflow.pk, now=NOW) == (
        source.pk,
        f"200 new labels of cases that {source.name} scored.",
    )
    request_due(now=NOW)  # 200 labels are enough for a model of our own, too, which is asked for first
    assert [run.source_id for run in workflow.training_runs.all()] == [None]


def test_without_examples_the_run_says_what_is_missing() -> None:
    workflow = listening()
    people_answered(workflow, 6)
    run = fit_now(Source.objects.get())
    assert run.status == "refused"
    assert "A calibrator needs at least two labels with 5 answered cases" in run.reason


def test_the_case_that_a_score_came_with_is_named_by_its_content_alone() -> None:
    workflow = listening()
    (one,) = submit_scored(workflow, [scores(0.3)])
    (two,) = submit_scored(workflow, [None])
    assert one.case
    assert two.case
    same = {bytes(Case.objects.get(pk=UUID(r.case["id"])).content_sha256) for r in (one, two) if r.case}
    assert len(same) == 1
