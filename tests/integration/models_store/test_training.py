"""Labels become a model: registered, judged, certified and put to work, or refused with the reason."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from cases.models import Case, Label
from cases.services.workflows import change_schema
from cases.types import CaseStatus, Purpose
from hitl.audit.models import Entry
from hitl.outbox.models import Endpoint, Event
from hitl.web.format import percent
from models_store import manifest as manifests
from models_store import reports
from models_store.models import LabelRole, Release, RoleSpan, TrainingRun, TrainingSettings
from models_store.selectors import champion, evaluation_of
from models_store.services import fitting, training, training_sets
from models_store.services.training_sets import split, take_snapshot
from models_store.serving import served_model
from models_store.types import GateCheck, RunStatus, RunStep
from models_store.web.learning import shown_curve
from policy.models import Decision
from policy.proof.samples import all_labels, believed
from science.serving import load_model
from tests.architecture.test_web_process import HEAVY
from tests.support.factories import NOW, TESTER
from tests.support.model_rows import (
    CREDIT,
    applications,
    carry_out,
    credit_workflow,
    labelled,
    mail_history,
    requested,
    train_now,
)

pytestmark = pytest.mark.django_db


def test_labels_of_real_mail_become_the_champion() -> None:
    workflow = mail_history(300)
    Endpoint.objects.create(name="all", url="https://example.org/", secrets=["s"], created_at=NOW)
    run = train_now(workflow)
    assert (run.status, run.reason) == (RunStatus.SUCCEEDED, "")
    release = champion(workflow.id)
    assert release is not None
    assert run.release == release
    assert (release.number, release.labels) == (1, ["ham", "spam"])
    assert release.report["data"]["n_labels"] == 300
    chosen = next(c for c in release.report["candidates"] if c["name"] == release.report["chosen"])
    assert chosen["accuracy"] > 0.85
    assert [step["step"] for step in run.log] == list(RunStep)
    assert all(step["result"] and step["until"] for step in run.log)
    assert any("Trying" in line["words"] for line in run.log[1]["lines"])
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {
        "training.requested", "release.registered", "release.promoted", "training.succeeded"
    } <= actions  # fmt: skip
    assert set(Event.objects.values_list("kind", flat=True)) == {"release.promoted", "training.finished"}


def test_what_the_release_said_out_of_fold_is_kept_with_the_label_it_is_about() -> None:
    workflow = credit_workflow(300)
    release = train_now(workflow).release
    assert release is not None
    evaluation = evaluation_of(release.id)
    assert evaluation is not None
    truth = dict(Label.objects.values_list("id", "label"))
    assert set(evaluation.label_ids) == set(truth)
    assert [evaluation.labels[column] for column in evaluation.truth] == [
        truth[label_id] for label_id in evaluation.label_ids
    ]
    assert release.evaluation.n_held_out == 0
    assert ((evaluation.scores >= 0.5) & (evaluation.scores <= 1)).all()
    assert set(evaluation.purpose) == {Purpose.IMPORT}
    assert evaluation.is_blind.all()
    chosen = next(c for c in release.report["candidates"] if c["name"] == release.report["chosen"])
    assert 1 - evaluation.wrong.mean() == pytest.approx(chosen["accuracy"])
    # Out of fold: the model itself, which saw the labels, errs less often or elsewhere.
    contents = dict(Label.objects.values_list("id", "case__content"))
    own = served_model(release.id).predict_proba([contents[i] for i in evaluation.label_ids])
    assert not np.allclose(own.max(axis=1), evaluation.scores)


def test_words_that_are_no_evidence_are_left_out_of_the_next_model_and_said_so() -> None:
    workflow = mail_history(300)
    TrainingSettings.objects.create(workflow=workflow, unread_words=["http", "linux"])
    run = train_now(workflow)
    assert run.release is not None, run.reason
    assert "Leaving out as no evidence: http, linux." in [line["words"] for line in run.log[1]["lines"]]
    assert run.release.report["unread"] == run.release.manifest["unread"] == ["http", "linux"]
    served = served_model(run.release.id)
    read, unread = ({"subject": "hello", "body": f"see {word} there"} for word in ("", "linux HTTP"))
    assert served.predict_proba([read]).tolist() == served.predict_proba([unread]).tolist()


def test_the_same_labels_give_the_same_bytes_and_are_not_registered_twice() -> None:
    workflow = credit_workflow(200)
    first = train_now(workflow).release
    again = carry_out(requested(workflow).id, anew=True)
    assert first is not None
    assert again.status == RunStatus.REFUSED
    assert again.reason == f"These labels give the same model as {first.name}, which is registered already."
    assert Release.objects.count() == 1


def test_the_manifest_names_everything_the_bytes_depend_on() -> None:
    workflow = credit_workflow(200)
    release = train_now(workflow).release
    assert release is not None
    kept = release.manifest
    assert kept["data_sha256"] == take_snapshot(workflow).sha256
    assert kept["lock_sha256"] == manifests.lock_sha256() != ""
    assert kept["code_sha256"] == manifests.code_sha256()
    assert {"seed", "schema", "packages", "python", "platform", "budget_seconds"} <= set(kept)
    assert "fit_seconds" not in kept["measures"]


def test_another_label_another_content_or_another_purpose_is_other_data() -> None:
    workflow = credit_workflow(30)
    before = take_snapshot(workflow).sha256
    assert take_snapshot(workflow).sha256 == before
    one = Label.objects.order_by("id")[7]
    for change in (
        lambda: Label.objects.filter(pk=one.pk).update(purpose=Purpose.AUDIT),
        lambda: Label.objects.filter(pk=one.pk).update(label="bad" if one.label == "good" else "good"),
        lambda: Case.objects.filter(pk=one.case_id).update(content_sha256=bytes(32)),
        lambda: Label.objects.filter(pk=one.pk).update(superseded_at=NOW),
    ):
        change()
        after = take_snapshot(workflow).sha256
        assert after != before
        before = after


def test_too_few_labels_refuse_the_run_with_what_is_missing() -> None:
    run = train_now(credit_workflow(2))
    assert run.status == RunStatus.REFUSED
    assert "at least two labels with 2 different examples each" in run.reason
    assert run.log[-1]["step"] == RunStep.TRAIN
    assert run.log[-1]["is_trouble"]
    assert not Release.objects.exists()


def test_labels_that_mean_nothing_are_refused_by_the_gate() -> None:
    workflow = credit_workflow(200)
    for i, label in enumerate(Label.objects.order_by("id")):
        label.label = "good" if (i * 7919) % 200 < 100 else "bad"
        label.save()
    run = train_now(workflow)
    assert run.status == RunStatus.REFUSED
    assert GateCheck.RANKING in run.failed_checks
    assert "less sure when it is wrong: no." in run.reason
    assert Entry.objects.get(action="training.refused").detail["failed_checks"] == run.failed_checks
    assert not Release.objects.exists()
    assert not RoleSpan.objects.exists()


def test_a_challenger_worse_than_the_champion_is_refused_and_the_champion_stays() -> None:
    workflow = credit_workflow(300)
    first = train_now(workflow).release
    assert first is not None
    # The old labels are corrected the wrong way round: the challenger learns from that, the champion did not.
    wrong = {"good": "bad", "bad": "good"}
    for label in Label.objects.order_by("id"):
        Label.objects.filter(pk=label.pk).update(label=wrong[label.label])
    labelled(workflow, applications()[300:450])
    run = train_now(workflow)
    assert run.status == RunStatus.REFUSED
    assert GateCheck.CHAMPION in run.failed_checks
    assert first.name in run.reason
    assert champion(workflow.id) == first


def test_more_labels_give_a_challenger_that_takes_over_and_the_old_one_retires() -> None:
    workflow = credit_workflow(250)
    first = train_now(workflow).release
    labelled(workflow, applications()[250:600])
    run = train_now(workflow)
    assert run.status == RunStatus.SUCCEEDED, run.reason
    assert champion(workflow.id) == run.release != first
    assert run.release is not None
    against = run.release.report["against_champion"]
    assert against["is_fresh"]
    assert against["errors"]["n_cases"] == 350
    roles = RoleSpan.objects.filter(until=None).values_list("release__number", "role")
    assert set(roles) == {(1, "retired"), (2, "champion")}


def test_a_learning_curve_is_kept_until_there_are_clearly_more_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitting, "BUDGET_SECONDS", 0.0)  # one kind of model alone is tried
    workflow = credit_workflow(250)
    first = train_now(workflow).release
    assert first is not None
    assert "of" not in first.report["learning_curve"]
    labelled(workflow, applications()[250:310])
    second = train_now(workflow).release
    assert second is not None
    assert second.report["chosen"] == first.report["chosen"]
    assert second.report["learning_curve"] == first.report["learning_curve"] | {"of": first.name}
    shown = shown_curve(second.report)
    assert shown is not None
    assert shown.words.endswith(f"Measured of {first.name}.")
    monkeypatch.setattr(training, "GROWN", 1.0)
    labelled(workflow, applications()[310:340])
    third = train_now(workflow).release
    assert third is not None
    assert third.report["learning_curve"]["labels"] > first.report["learning_curve"]["labels"]
    assert "of" not in third.report["learning_curve"]


def test_a_challenger_waits_for_a_person_where_the_settings_say_so() -> None:
    workflow = credit_workflow(250)
    first = train_now(workflow).release
    TrainingSettings.objects.create(workflow=workflow, challengers_wait=True)
    labelled(workflow, applications()[250:600])
    run = train_now(workflow)
    assert run.status == RunStatus.SUCCEEDED, run.reason
    assert run.release != first
    assert champion(workflow.id) == first
    assert run.log[-1]["result"].endswith("nobody sees it. It waits for a person.")


def test_only_people_teach_and_neither_known_answers_nor_withdrawn_cases() -> None:
    workflow = credit_workflow(40)
    labels = list(Label.objects.order_by("id"))
    Label.objects.filter(pk=labels[0].pk).update(purpose=Purpose.KNOWN_ANSWER)
    Case.objects.filter(pk=labels[1].case_id).update(status=CaseStatus.WITHDRAWN)
    Label.objects.filter(pk=labels[2].pk).update(superseded_at=NOW)
    Label.objects.filter(pk=labels[3].pk).update(label="perhaps")
    snapshot = take_snapshot(workflow)
    assert snapshot.label_ids == [label.id for label in labels[4:]]
    assert snapshot.n_left_out == 2


def test_audits_count_more_in_training_and_never_more_than_three_times() -> None:
    workflow = credit_workflow(10)
    ids = list(Label.objects.order_by("id").values_list("id", flat=True))
    for label_id, chance in zip(ids, (0.5, 0.02, None), strict=False):
        Label.objects.filter(pk=label_id).update(purpose=Purpose.AUDIT, inclusion_probability=chance)
    assert take_snapshot(workflow).weights.tolist() == [2.0, 3.0, 1.0] + [1.0] * 7


def test_a_tenth_of_the_random_blind_labels_judges_the_model_and_is_drawn_by_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_sets, "MIN_HELD_OUT", 20)
    workflow = credit_workflow(500)
    random = list(Label.objects.order_by("id").values_list("id", flat=True)[:400])
    Label.objects.filter(pk__in=random).update(purpose=Purpose.AUDIT, inclusion_probability=0.5)
    cases = list(Case.objects.order_by("id").values_list("id", flat=True))
    for place, case_id in enumerate(cases):  # twos belong together; the last of them is imported
        Case.objects.filter(pk=case_id).update(group_key=place // 2 if place < 400 else 1000 + place % 200)
    run = train_now(workflow)
    assert run.release is not None, run.reason
    evaluation = evaluation_of(run.release.id)
    assert evaluation is not None
    held_out = set(LabelRole.objects.filter(use="judge").values_list("label_id", flat=True))
    trained = set(LabelRole.objects.filter(use="train").values_list("label_id", flat=True))
    assert held_out <= set(random)
    assert set(evaluation.label_ids) == held_out | trained
    assert 20 <= len(held_out) <= 70
    groups = dict(Label.objects.values_list("id", "case__group_key"))
    assert not {groups[one] for one in held_out} & {groups[one] for one in trained}
    # Two numbers, two names: the run says the model card's, and beside it that of the cases held out.
    judged = next(step["result"] for step in run.log if step["step"] == RunStep.JUDGE)
    n = len(held_out)
    wrong = sum(a != b for a, b in list(zip(evaluation.predicted, evaluation.truth, strict=True))[-n:])
    assert f"Wrong in {percent(1 - reports.chosen(run.release.report)['accuracy'])} of the cases" in judged
    assert f"wrong in {wrong} of {n} held out ({percent(wrong / n)})" in judged
    # Held out once, held out next time: the challenger and the champion can both be judged by it.
    labelled(workflow, applications()[500:520])
    _, again = split(take_snapshot(workflow))
    assert {take_snapshot(workflow).label_ids[i] for i in again} == held_out


def test_at_most_so_many_labels_are_held_out_and_the_others_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_sets, "MIN_HELD_OUT", 5)
    monkeypatch.setattr(training_sets, "MAX_HELD_OUT", 12)
    workflow = credit_workflow(300)
    Label.objects.update(inclusion_probability=1.0)
    snapshot = take_snapshot(workflow)
    trained, held_out = split(snapshot)
    assert 5 <= len(held_out) <= 12
    assert sorted([*trained, *held_out]) == list(range(300))


def test_what_is_disputed_when_a_model_is_trained_counts_against_it_and_teaches_nothing() -> None:
    workflow = credit_workflow(250)
    disputed = [label.case_id for label in Label.objects.order_by("id")[:3]]
    Label.objects.filter(case_id__in=disputed).update(superseded_at=NOW)
    Decision.objects.bulk_create(
        Decision(
            case_id=case_id, epoch=1, sequence=0, workflow=workflow, route="review", reason="no_model",
            inclusion_probability=1.0, is_blind=True, policy_version=1, actor_kind="system",
            actor_id="rule", actor_name="rule", arrived_at=NOW, decided_at=NOW,
        )
        for case_id in disputed
    )  # fmt: skip
    run = train_now(workflow)
    assert run.release is not None, run.reason
    evaluation = evaluation_of(run.release.id)
    assert evaluation is not None
    assert set(evaluation.unsettled.case_ids) == set(disputed)
    assert "3 unsettled cases count against the model" in str(run.log)
    sample = believed(run.release)
    assert sample is not None
    assert (len(sample), int(sample.wrong[-3:].sum())) == (250, 3)


def test_cases_that_the_model_was_not_taught_to_read_prove_nothing_of_its_cutoffs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_sets, "MIN_HELD_OUT", 20)
    workflow = credit_workflow(500)
    Label.objects.update(purpose=Purpose.AUDIT, inclusion_probability=0.5)
    _, held_out = split(take_snapshot(workflow))
    judging = [take_snapshot(workflow).label_ids[i] for i in held_out]
    odd = judging[:7]
    for case in Case.objects.filter(labels__in=odd):
        case.content = {**case.content, "Job": "lion tamer"}
        case.save()
    release = train_now(workflow).release
    assert release is not None
    evaluation = evaluation_of(release.id)
    assert evaluation is not None
    is_odd = np.array([label_id in odd for label_id in evaluation.label_ids])
    assert is_odd.sum() == 7
    assert np.isnan(evaluation.scores).tolist() == is_odd.tolist()
    sample = all_labels(release)
    assert sample is not None
    assert len(sample) == 500 - 7


def test_every_label_has_one_use_and_few_labels_are_judged_out_of_fold() -> None:
    workflow = credit_workflow(200)
    release = train_now(workflow).release
    assert (
        set(LabelRole.objects.values_list("release", "use")) == {(release.pk, "train")} if release else False
    )
    assert LabelRole.objects.count() == 200


def test_fields_that_change_while_a_model_is_trained_refuse_it(monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = credit_workflow(200)
    run = requested(workflow)
    real = training.evaluate

    def meanwhile(*args: Any, **told: Any) -> object:
        change_schema(
            workflow_id=workflow.id,
            fields=CREDIT.fields[:-1],
            labels=CREDIT.labels,
            actor=TESTER,
            now=NOW,
        )
        return real(*args, **told)

    monkeypatch.setattr(training, "evaluate", meanwhile)
    ended = carry_out(run.id)
    assert ended.status == RunStatus.REFUSED
    assert "changed while the model was trained" in ended.reason
    assert not Release.objects.exists()


def test_a_champion_whose_file_is_lost_keeps_nobody_out() -> None:
    workflow = credit_workflow(250)
    train_now(workflow)
    Release.objects.update(signature=bytes(32))
    from models_store import serving

    serving.forget()
    labelled(workflow, applications()[250:450])
    run = train_now(workflow)
    assert run.status == RunStatus.SUCCEEDED, run.reason
    assert "cannot be compared with" in str(run.log)


def test_a_run_whose_release_is_registered_already_goes_on_from_there() -> None:
    workflow = credit_workflow(200)
    done = train_now(workflow)
    release = done.release
    RoleSpan.objects.all().delete()
    TrainingRun.objects.update(status=RunStatus.QUEUED, finished_at=None)
    again = carry_out(done.id)
    assert again.status == RunStatus.SUCCEEDED
    assert Release.objects.count() == 1
    assert champion(workflow.id) == release
    assert [step["step"] for step in again.log][-2:] == [RunStep.CERTIFY, RunStep.PROMOTE]


def test_a_fault_in_training_ends_the_run_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise MemoryError("no room for 3 GB")

    monkeypatch.setattr(fitting, "train", broken)
    run = train_now(credit_workflow(50))
    assert (run.status, run.reason) == (RunStatus.FAILED, "MemoryError: no room for 3 GB")
    assert run.log[-1]["is_trouble"]
    assert requested(run.workflow).status == RunStatus.QUEUED


def test_a_process_that_only_scores_never_imports_scikit_learn() -> None:
    workflow = mail_history(100)
    release = train_now(workflow).release
    assert release is not None
    from models_store import artifacts

    code = (
        "import sys, django; django.setup()\n"
        "import models_store.serving, models_store.services.evidence, hitl.flow.intake.submit, hitl.wsgi\n"
        "from science.serving import load_model\n"
        "served = load_model(sys.stdin.buffer.read())\n"
        "served.predict_proba([{'subject': 'Hello', 'body': 'Win money'}])\n"
        f"heavy = set({HEAVY}) & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=artifacts.load(release), capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert load_model(artifacts.load(release)).labels == ("ham", "spam")
