"""Whether a new model should take the champion's place: if it is proved and automates about as much."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from hitl.shared.words import Words
from hitl.web.format import percent
from models_store.models import Release
from models_store.selectors import champion
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Policy, Trial, Watch
from policy.proof.proofs import Terms
from policy.proof.samples import believed
from policy.proof.terms import costs_of
from policy.selectors import certificate_for, cutoffs_in_force
from policy.services.cutoffs import certified_cutoffs
from policy.types import Scope, TrialKind, TrippedBy
from science.decision_terms import Basis
from science.guarantee.succession import Standing, takes_over
from science.ramp import ramp_of

FAR = 1 / 3  # of the labels a test was planned for: then no unproved model takes the champion's place
CLEARLY = 0.05  # of all cases: what a challenger must be believed to automate beyond the champion
MIN_KNOWN = 100  # labels from after an alarm without which nothing is believed
LABELS_AHEAD = 2_000  # with which what is believed would be proved


@dataclass(frozen=True, slots=True)
class Promotion:
    """Whether to promote a model, and why."""

    is_worth: bool
    words: str


def worth_promoting(release: Release, *, now: datetime) -> Promotion:
    """Compare what the release's certificate would let through with what the champion's does now.

    Evidence ages: of two that automate about as much, the one with the fresher certificate is to be in force
    (`science.guarantee.succession`).

    Where nothing is automated under a certificate now, there is nothing to lose. While audits speak against
    the champion, no model takes its place by itself: a new one is watched from the beginning, its certificate
    may rest on labels from before the world changed, and what the monitor has gathered would be lost, again
    with every training. It soon calms down or stops automation.
    """
    policy = Policy.objects.filter(workflow_id=release.workflow_id).first()
    before = champion(release.workflow_id)
    if policy is None or before is None or before.id == release.id:
        return Promotion(True, Words("There is no other model."))
    if policy.evidence_from is not None:
        after_alarm = _after_alarm(policy, release, before)
        if after_alarm is not None:
            return after_alarm
    in_force, now_automated = _automated_now(policy, before, now)
    if in_force is None or in_force.certificate is None or now_automated is None:
        return Promotion(
            True, Words("%(champion)s automates nothing under a certificate now.", champion=before.name)
        )
    watch = Watch.objects.filter(workflow_id=release.workflow_id, ended_at=None).first()
    if watch is not None and not watch.is_calm:
        return Promotion(
            False,
            Words(
                "Audits begin to contradict %(champion)s; it stays until that is settled.",
                champion=before.name,
            ),
        )
    certificate = certificate_for(policy, release.id, now=now)
    would = (
        _share(policy, certificate, release, certified_cutoffs(certificate, release)) if certificate else 0.0
    )
    shares = {"would": percent(would), "champion": before.name, "now": percent(now_automated)}
    words = Words("It would automate %(would)s of cases, %(champion)s automates %(now)s.", **shares)
    if certificate is None:
        return Promotion(False, words)
    under_way = _nearly_proved(policy, before)
    if under_way and certificate.runs_provisionally(policy):
        return Promotion(False, under_way)
    is_worth = takes_over(_standing(certificate, would), _standing(in_force.certificate, now_automated))
    if is_worth and would < now_automated:
        words = Words(
            "It would automate %(would)s of cases, %(champion)s automates %(now)s. As far as their samples"
            " can tell that is as much, and its proof is newer.",
            **shares,
        )
    return Promotion(is_worth, words)


def _after_alarm(policy: Policy, release: Release, before: Release) -> Promotion | None:
    """Compare what both are believed to automate once it is proved; None where no alarm stands.

    A model whose cutoffs were refuted has nothing to defend, and a test under way may be nearly done.
    """
    cutoffs = cutoffs_in_force(before.id)
    is_refuted = cutoffs is not None and cutoffs.certificate is not None and bool(cutoffs.certificate.refuted)
    trial = Trial.objects.filter(
        workflow_id=policy.workflow_id, ended_at=None, kind=TrialKind.RECOVER, release=before
    ).first()
    if trial is None and not is_refuted and policy.breaker_by != TrippedBy.EVIDENCE:
        return None
    would, has = expected_since(policy, release), expected_since(policy, before) or 0.0
    if would is None:
        if trial is None and not is_refuted:
            return None
        return Promotion(
            False, Words("Too few of its labels are from after the alarm to say what it would automate.")
        )
    under_way = _nearly_proved(policy, before)
    if under_way and has > 0:
        return Promotion(False, under_way)
    words = Words(
        "On labels from after the alarm it is believed to automate %(would)s once that is proved,"
        " %(champion)s %(has)s.",
        would=percent(would),
        champion=before.name,
        has=percent(has),
    )
    return Promotion(would > has + CLEARLY, words)


def _nearly_proved(policy: Policy, before: Release) -> str:
    """Say that the champion's own test has come far; empty where it has not.

    A model that is not proved either would begin from nothing, and where models are trained often none would
    ever be proved.
    """
    trial = Trial.objects.filter(workflow_id=policy.workflow_id, ended_at=None, release=before).first()
    planned = sum(entry["plan"]["expected_labels"] for entry in trial.plans) if trial is not None else 0
    if trial is None or FAR * planned > trial.n_labels:
        return ""
    return Words(
        "%(champion)s has %(labels)s of about %(planned)s labels of the test that is to prove it, and this"
        " one would begin from nothing.",
        champion=before.name,
        labels=trial.n_labels,
        planned=planned,
    )


def expected_since(policy: Policy, release: Release) -> float | None:
    """Return the share that a test from now on is expected to prove; None where too little is known.

    A belief from the labels since the last alarm that the release was not trained on.
    """
    from science.guarantee.planning import expected_automation, plan

    sample = believed(release, since=policy.evidence_from)
    if sample is None or len(sample) < MIN_KNOWN:
        return None
    terms = Terms(policy.target, 1 - policy.confidence, costs_of(policy, release.labels))
    losses = sample.losses(np.array(terms.costs))
    drafted = plan(
        sample.scores, losses, target=terms.target, delta=terms.delta, expected_labels=LABELS_AHEAD
    )
    return expected_automation(drafted)


def _standing(certificate: Certificate, automated: float) -> Standing:
    return Standing(automated, certificate.seen["n_labels"], certificate.valid_from.timestamp())


def _automated_now(policy: Policy, release: Release, now: datetime) -> tuple[CutoffSet | None, float | None]:
    """Return the cutoffs in force and the share that they automate; None where no certificate does."""
    rule = rule_for(policy.workflow_id).rule
    cutoffs = cutoffs_in_force(release.id)
    if rule.closed(now.timestamp()) is not None or cutoffs is None or cutoffs.certificate is None:
        return None, None
    if rule.basis not in (Basis.CERTIFIED, Basis.PROVISIONAL):
        return None, None
    return cutoffs, _share(policy, cutoffs.certificate, release, cutoffs.cutoffs)


def _share(policy: Policy, certificate: Certificate, release: Release, cutoffs: dict[str, float]) -> float:
    """Share of traffic automated under a certificate's cutoffs, as its own sample says."""
    ramp = ramp_of(is_provisional=certificate.runs_provisionally(policy))
    n = max(1, certificate.seen["n_labels"])
    share = 0.0
    for unit in certificate.seen["units"]:
        if certificate.scope == Scope.OVERALL:
            share += unit["automation"]
        elif unit["label"] in cutoffs:
            share += unit["automation"] * unit["n_labels"] / n
    return float(ramp * share)
