"""Prove that a release keeps the promise, or fail to; write either down; put what was proved in force."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from cases.models import Case, Label, Workflow
from hitl.audit.models import Entry
from hitl.shared.actor import system
from models_store.models import Release
from models_store.selectors import Evaluation, Unsettled
from policy.in_force.basis import covers_cutoffs
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Decision, Policy
from policy.proof import samples
from policy.services.certify import certify_release
from policy.services.cutoffs import set_cutoffs_by_hand
from policy.services.expiry import mark_expired
from policy.services.promises import Promise, change_promise
from policy.tasks import untested_champions
from science.decision_terms import Basis
from tests.support.factories import NOW
from tests.support.inserting import insert
from tests.support.policy_rows import champion_of, minutes_later, operator, workflow_with_policy

pytestmark = pytest.mark.django_db

JOB = system("certification")


def labelled(workflow: Workflow, n: int, **label) -> list[Label]:
    """Return as many labelled cases as asked for."""
    cases = insert(
        Case(
            workflow=workflow,
            schema_version=1,
            content={"body": str(i)},
            content_sha256=i.to_bytes(32),
            group_key=i,
            status="decided",
            answer="ham",
            received_at=NOW,
            changed_at=NOW,
        )
        for i in range(n)
    )
    values = {"label": "ham", "purpose": "import", "is_blind": False, "at": NOW, "schema_version": 1} | label
    return insert(Label(case=case, workflow=workflow, **values) for case in cases)


def routed(labels: list[Label], reason: str, *, inclusion_probability: float = 1.0) -> None:
    """Write the routing of each label's case."""
    insert(
        Decision(
            case_id=label.case_id,
            epoch=1,
            sequence=0,
            workflow_id=label.workflow_id,
            route="review",
            reason=reason,
            inclusion_probability=inclusion_probability,
            policy_version=1,
            actor_kind="system",
            actor_id="intake",
            actor_name="intake",
            arrived_at=NOW,
            decided_at=NOW,
        )
        for label in labels
    )


def answers(n: int, error: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, predictions and whether they are wrong: the surer, the seldomer."""
    rng = np.random.default_rng(seed)
    scores = 0.5 + rng.beta(4, 1, n) / 2
    predicted = rng.integers(0, 2, n)
    return scores, predicted, rng.random(n) < error * (1 - scores)


def evaluation(
    labels: list[Label], *, error: float = 0.3, seed: int = 1, copies: int = 1, unsettled: list[Case] = ()
) -> Evaluation:
    """Say what a model would have answered; of `copies` each, one like the other."""
    n = len(labels)
    scores, predicted, wrong = (
        np.repeat(values, copies)[:n] for values in answers(-(-n // copies), error, seed)
    )
    return Evaluation(
        labels=["ham", "spam"],
        label_ids=[label.id for label in labels],
        scores=scores,
        predicted=predicted,
        truth=np.where(wrong, 1 - predicted, predicted),
        is_blind=np.zeros(n, dtype=bool),
        purpose=["import"] * n,
        groups=np.arange(n) // copies,
        unsettled=Unsettled(
            [case.id for case in unsettled],
            np.full(len(unsettled), 0.99),
            np.zeros(len(unsettled), dtype=np.intp),
            -1 - np.arange(len(unsettled)),
        ),
    )


@pytest.fixture
def evaluations(monkeypatch):
    """Answers of releases, by id, in place of those that training keeps."""
    kept: dict[object, Evaluation] = {}
    monkeypatch.setattr(samples, "evaluation_of", kept.get)
    return kept


@pytest.fixture
def trained(evaluations) -> Release:
    """A champion that was evaluated on 3,000 imported labels and is good enough for 1 %."""
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    evaluations[release.id] = evaluation(labelled(workflow, 3000), error=0.1)
    return release


def certify(release: Release, **more) -> Certificate | None:
    return certify_release(release_id=release.id, actor=JOB, now=more.pop("now", NOW))


def test_a_good_release_gets_a_provisional_certificate_and_its_cutoffs_come_into_force(trained):
    oldest = Label.objects.order_by("id").first()
    Label.objects.filter(pk=oldest.pk).update(at=NOW - timedelta(days=30))
    certificate = certify(trained)
    governing = rule_for(trained.workflow_id)
    assert certificate.status == "provisional"
    assert governing.certificate_id == certificate.id
    assert governing.rule.basis is Basis.PROVISIONAL
    assert governing.rule.ramp == 0.25
    assert certificate.labels_given == [NOW - timedelta(days=30), NOW]
    unit = certificate.seen["units"][0]
    assert unit["upper_bound"] <= 0.01
    assert governing.rule.cutoffs == {"ham": unit["cutoff"], "spam": unit["cutoff"]}
    assert Entry.objects.filter(action="certificate.believed").exists()
    assert not Entry.objects.filter(action="certificate.made").exists()  # nothing is proved by a belief


def test_everything_that_computes_it_again_is_kept_exactly(trained):
    certificate = Certificate.objects.get(pk=certify(trained).pk)
    plan, unit = certificate.evidence["plans"][0], certificate.seen["units"][0]
    start = plan["start"]
    assert plan["grid"][start : start + len(unit["passed"])] == unit["passed"]
    assert all(
        covers_cutoffs(certificate, dict.fromkeys(["ham", "spam"], c), ["ham", "spam"])
        for c in unit["passed"]
    )
    sample = samples.believed(trained)
    accepted = sample.scores >= unit["cutoff"]
    assert (int(accepted.sum()), float(sample.wrong[accepted].sum())) == (unit["n_accepted"], unit["n_wrong"])
    assert certificate.evidence["labels_sha256"] == sample.digest


def test_certifying_again_is_the_same_attempt(trained):
    first = certify(trained)
    version = Workflow.objects.get(pk=trained.workflow_id).policy_version
    assert certify(trained, now=minutes_later(5)) == first
    assert Workflow.objects.get(pk=trained.workflow_id).policy_version == version
    assert CutoffSet.objects.count() == 1


def test_what_cannot_be_proved_is_an_answer_with_what_is_missing(evaluations):
    workflow = workflow_with_policy(degree="partial")
    release = champion_of(workflow)
    evaluations[release.id] = evaluation(labelled(workflow, 120))
    certificate = certify(release)
    unit = certificate.seen["units"][0]
    assert certificate.status == "refused"
    assert "299" in unit["why"]
    assert unit["passed"] == []
    assert unit["cutoff"] is None
    assert rule_for(workflow.id).rule.basis is Basis.NONE
    assert Entry.objects.latest("number").action == "certificate.refused"


def test_a_later_refusal_takes_back_what_an_earlier_attempt_proved(trained, evaluations):
    first = certify(trained)
    evaluations[trained.id] = evaluation(labelled(trained.workflow, 2000), error=3.0, seed=2)
    assert certify(trained, now=minutes_later(1)).status == "refused"
    assert Certificate.objects.get(pk=first.pk).status == "superseded"
    assert rule_for(trained.workflow_id).rule.basis is Basis.NONE


def test_each_label_is_proved_at_its_share_of_the_doubt(evaluations):
    workflow = workflow_with_policy(degree="partial", scope="per_label")
    release = champion_of(workflow)
    evaluations[release.id] = evaluation(labelled(workflow, 4000), error=0.05)
    certificate = certify(release)
    assert [unit["label"] for unit in certificate.seen["units"]] == ["ham", "spam"]
    assert certificate.evidence["confidence_of_each"] == pytest.approx(0.975)
    assert set(rule_for(workflow.id).rule.cutoffs) == {"ham", "spam"}


def test_a_label_that_cannot_be_proved_is_left_to_people_and_the_others_are_not(evaluations):
    workflow = workflow_with_policy(degree="partial", scope="per_label")
    release = champion_of(workflow)
    answers = evaluation(labelled(workflow, 3000), error=0.05)
    answers.predicted[50:] = 0
    answers.truth[50:] = 0
    evaluations[release.id] = answers
    certify(release)
    assert set(rule_for(workflow.id).rule.cutoffs) == {"ham"}


def test_labels_whose_collection_depended_on_the_score_are_not_pooled_with_the_others(evaluations):
    workflow = workflow_with_policy()
    release = champion_of(workflow)
    imported = labelled(workflow, 30)
    early = labelled(workflow, 40, purpose="review", is_blind=True, inclusion_probability=1.0)
    routed(early, "no_model")
    assisted = labelled(workflow, 5, purpose="review", is_blind=False)
    routed(assisted, "assist")
    chosen = labelled(workflow, 6, purpose="review", is_blind=True, inclusion_probability=0.1)
    routed(chosen, "below_cutoff", inclusion_probability=0.1)
    audited = labelled(workflow, 7, purpose="audit", is_blind=True, inclusion_probability=0.02)
    routed(audited, "above_cutoff", inclusion_probability=0.02)
    known = labelled(workflow, 8, purpose="known_answer", is_blind=True)
    routed(known, "no_model")
    evaluations[release.id] = evaluation([*imported, *early, *assisted, *chosen, *audited, *known])
    fair = samples.believed(release)
    assert (len(fair), fair.drawn) == (30 + 40, "complete")
    assert len(samples.all_labels(release)) == 96


def test_audits_and_blind_reviews_speak_once_they_are_thinned_to_one_chance(evaluations):
    workflow = workflow_with_policy()
    release = champion_of(workflow)
    audited = labelled(workflow, 600, purpose="audit", is_blind=True, inclusion_probability=0.02)
    routed(audited, "above_cutoff", inclusion_probability=0.02)
    chosen = labelled(workflow, 1000, purpose="review", is_blind=True, inclusion_probability=0.1)
    routed(chosen, "below_cutoff", inclusion_probability=0.1)
    answers = evaluation([*audited, *chosen])
    evaluations[release.id] = answers
    fair = samples.believed(release)
    assert "0.02" in fair.drawn
    kept = set(fair.scores.tolist())
    assert sum(score in kept for score in answers.scores[:600]) == 600
    assert 150 <= sum(score in kept for score in answers.scores[600:]) <= 250  # a fifth of them: 200
    assert samples.believed(release).digest == fair.digest


def test_a_case_that_could_not_be_scored_is_in_no_sample(evaluations):
    workflow = workflow_with_policy()
    release = champion_of(workflow)
    answers = evaluation(labelled(workflow, 10))
    answers.scores[3] = np.nan
    answers.predicted[3] = -1
    evaluations[release.id] = answers
    assert len(samples.believed(release)) == 9


def test_without_a_single_label_there_is_nothing_to_say(evaluations):
    release = champion_of(workflow_with_policy())
    assert certify(release) is None
    assert not Certificate.objects.exists()


def test_copies_are_one_observation(evaluations):
    """Out of fold, 300 mails in three copies each look like 900, which suffice for 1 %; 300 hardly do."""
    workflow = workflow_with_policy()
    labels = labelled(workflow, 900)
    single, copied = champion_of(workflow), champion_of(workflow, role="retired")
    evaluations[single.id] = evaluation(labels, error=0.02)
    evaluations[copied.id] = evaluation(labels, error=0.02, copies=3)
    assert samples.believed(copied).n_groups == 300
    assert len(samples.believed(copied)) == 900
    (alone,), (thrice,) = certify(single).seen["units"], certify(copied).seen["units"]
    assert alone["upper_bound"] < 0.01
    assert thrice["n_accepted"] <= thrice["n_different"] == 300 < thrice["n_labels"] == 900
    assert alone["n_different"] == alone["n_labels"] == 900
    assert alone["copies"] == {name: alone[name] for name in ("n_accepted", "n_wrong")}
    assert thrice["upper_bound"] > 1.3 * alone["upper_bound"]


def test_what_is_accepted_is_counted_with_and_without_copies(evaluations):
    """The certificate counts different cases, and pages about labelled cases all of them."""
    workflow = workflow_with_policy(target=0.1)
    release = champion_of(workflow)
    evaluations[release.id] = evaluation(labelled(workflow, 900), error=0.02, copies=3)
    (unit,) = certify(release).seen["units"]
    assert unit["n_different"] == 300
    assert unit["copies"]["n_accepted"] == 3 * unit["n_accepted"] > 0
    assert unit["copies"]["n_wrong"] == 3 * unit["n_wrong"] > 0


def test_no_cutoff_passes_at_which_all_copies_together_are_wrong_too_often(evaluations):
    """One text of forty copies is wrong: once among 2,000 groups, and 2 % of what would be automated."""
    workflow = workflow_with_policy()
    release = champion_of(workflow)
    labels = labelled(workflow, 2040)
    scores, predicted = np.full(2040, 0.9), np.zeros(2040, dtype=np.intp)
    truth, groups = np.zeros(2040, dtype=np.intp), np.arange(2040)
    truth[2000:], groups[2000:] = 1, 2000
    answers = evaluation(labels)
    evaluations[release.id] = replace(answers, scores=scores, predicted=predicted, truth=truth, groups=groups)
    certificate = certify(release)
    assert certificate.status == "refused"
    assert "many alike" in certificate.seen["units"][0]["why"]


def test_cases_disputed_at_training_count_as_wrong_until_they_are_settled(trained, evaluations):
    workflow = trained.workflow
    labels = labelled(workflow, 3000)
    asked = [label.case for label in labelled(workflow, 60, purpose="review", is_blind=True)]
    routed(list(Label.objects.filter(case__in=asked)), "no_model")
    Label.objects.filter(case__in=asked).delete()
    evaluations[trained.id] = evaluation(labels, error=0.1, unsettled=asked)
    sample = samples.believed(trained)
    assert (len(sample), int(sample.wrong[-60:].sum())) == (3060, 60)
    assert certify(trained).status == "refused"
    settled = {"label": "ham", "purpose": "review", "is_blind": True, "at": NOW, "schema_version": 1}
    insert(Label(case=case, workflow=workflow, **settled) for case in asked)
    assert samples.believed(trained).wrong[-60:].sum() == 0
    assert certify(trained).status == "provisional"


def test_labels_that_were_there_before_the_release_never_prove_it_outright(evaluations):
    """However many, and attested or not: nothing was drawn after the release was frozen."""
    workflow = workflow_with_policy()
    release = champion_of(workflow)
    attested = labelled(workflow, 6000, is_blind=True, inclusion_probability=1.0)
    evaluations[release.id] = evaluation(attested, error=0.05)
    assert certify(release).status == "provisional"
    policy = Policy.objects.get(workflow=workflow)
    assert (policy.plans_frozen, policy.certificates_issued) == (0, 0)


def test_cutoffs_set_by_hand_are_not_replaced_behind_the_operators_back(trained):
    set_cutoffs_by_hand(
        workflow_id=trained.workflow_id,
        cutoffs={"ham": 0.6, "spam": 0.6},
        reason="Trial.",
        actor=operator(),
        now=NOW,
    )
    certify(trained)
    assert rule_for(trained.workflow_id).rule.cutoffs == {"ham": 0.6, "spam": 0.6}


def test_an_operator_may_choose_that_certificates_wait(trained):
    Policy.objects.filter(workflow_id=trained.workflow_id).update(follows_certificates=False)
    assert certify(trained).status == "provisional"
    assert rule_for(trained.workflow_id).rule.basis is Basis.NONE


def test_a_stricter_promise_asks_for_a_new_certificate_and_automates_nothing_meanwhile(
    trained, django_capture_on_commit_callbacks, monkeypatch
):
    certify(trained)
    rung = []
    monkeypatch.setattr("policy.services.promises.enqueue", lambda name, *args: rung.append((name, *args)))
    change_promise(workflow_id=trained.workflow_id, promise=Promise(target=0.005), actor=operator(), now=NOW)
    assert rule_for(trained.workflow_id).rule.basis is Basis.NONE
    assert rung == [("policy.certify_release", str(trained.id))]
    assert untested_champions() == [trained.id]
    certify(trained)
    assert untested_champions() == []
    assert Certificate.objects.filter(release=trained).count() == 2


def test_the_same_promise_again_changes_nothing(trained):
    before = Workflow.objects.get(pk=trained.workflow_id).policy_version
    change_promise(workflow_id=trained.workflow_id, promise=Promise(), actor=operator(), now=NOW)
    assert Workflow.objects.get(pk=trained.workflow_id).policy_version == before


def test_ended_certificates_are_marked_and_were_closed_before(trained):
    certificate = certify(trained)
    assert mark_expired(certificate.valid_until - (minutes_later(1) - NOW)) == 0
    assert mark_expired(certificate.valid_until) == 1
    assert Certificate.objects.get(pk=certificate.pk).status == "expired"
