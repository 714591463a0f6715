"""Whether a new model should take the champion's place: if it is proved and automates about as much."""

from dataclasses import dataclass
from datetime import datetime

from hitl.web.format import percent
from models_store.models import Release
from models_store.selectors import champion
from policy.in_force.rules import rule_for
from policy.models import Certificate, CutoffSet, Policy, Watch
from policy.selectors import certificate_for, cutoffs_in_force
from policy.services.cutoffs import certified_cutoffs
from policy.types import CertificateStatus, Scope
from science.decision_terms import Basis
from science.guarantee.succession import Standing, takes_over
from science.rule import PROVISIONAL_RAMP


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
        return Promotion(True, "There is no other model.")
    in_force, now_automated = _automated_now(policy, before, now)
    if in_force is None or in_force.certificate is None or now_automated is None:
        return Promotion(True, f"{before.name} automates nothing under a certificate now.")
    watch = Watch.objects.filter(workflow_id=release.workflow_id, ended_at=None).first()
    if watch is not None and not watch.is_calm:
        return Promotion(False, f"Audits begin to contradict {before.name}; it stays until that is settled.")
    certificate = certificate_for(policy, release.id, now=now)
    would = _share(certificate, release, certified_cutoffs(certificate, release)) if certificate else 0.0
    words = f"It would automate {percent(would)} of cases, {before.name} automates {percent(now_automated)}."
    if certificate is None:
        return Promotion(False, words)
    is_worth = takes_over(_standing(certificate, would), _standing(in_force.certificate, now_automated))
    if is_worth and would < now_automated:
        words += " As far as their samples can tell that is as much, and its proof is newer."
    return Promotion(is_worth, words)


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
    return cutoffs, _share(cutoffs.certificate, release, cutoffs.cutoffs)


def _share(certificate: Certificate, release: Release, cutoffs: dict[str, float]) -> float:
    """Share of traffic automated under a certificate's cutoffs, as its own sample says."""
    ramp = PROVISIONAL_RAMP if certificate.status == CertificateStatus.PROVISIONAL else 1.0
    n = max(1, certificate.seen["n_labels"])
    share = 0.0
    for unit in certificate.seen["units"]:
        if certificate.scope == Scope.OVERALL:
            share += unit["automation"]
        elif unit["label"] in cutoffs:
            share += unit["automation"] * unit["n_labels"] / n
    return float(ramp * share)
