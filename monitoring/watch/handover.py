"""Open, feed and end the handovers of challengers in shadow; let one that is proved take over."""

from uuid import UUID

from django.db import transaction

from hitl.shared.words import Words
from models_store.models import RoleSpan
from models_store.selectors import training_settings
from models_store.services.roles import promote
from models_store.types import ReleaseRole
from monitoring.shadow.drawing import drawn_until
from monitoring.watch.handover_evidence import feed, has_changed, inherit
from monitoring.watch.watched import ACTOR, WatchedWorkflow
from policy.models import HandoverTrial, Watch
from policy.promotion import worth_promoting
from policy.selectors import certificate_for, open_handovers
from policy.services import handovers
from policy.services.expiry import end_for_changed_labels
from policy.types import LIVE_CERTIFICATES, CertificateStatus, TrialOutcome
from science.guarantee.handover_plan import HandedOver


def line_up(watched: WatchedWorkflow) -> None:
    """End handovers of what has changed since their freeze; open one for every challenger that may have one.

    Raises:
        NothingKnown: misses are to be allowed for, and nothing bounds them yet.
    """
    going_on = {trial.release_id: trial for trial in open_handovers(watched.workflow_id)}
    challengers = {span.release_id: span.release for span in _in_shadow(watched)}
    for release_id, trial in list(going_on.items()):
        why = (
            _outdated(trial, watched)
            if release_id in challengers
            else Words("The challenger left the shadow.")
        )
        if why:
            handovers.end_handover(
                trial, outcome=TrialOutcome.ABANDONED, reason=why, actor=ACTOR, now=watched.now
            )
            del going_on[release_id]
    if not watched.is_automating or watched.cutoffs is None:
        return
    for release_id, release in challengers.items():
        if release_id in going_on or _is_proved(release_id, watched):
            continue
        handovers.freeze_handover(
            watched.workflow_id, watched.release, watched.cutoffs, release, actor=ACTOR, now=watched.now
        )


def advance(watched: WatchedWorkflow) -> None:
    """Feed the open handovers, certify what is handed over, and let the best of what is proved take over."""
    for trial in open_handovers(watched.workflow_id):
        _advance(trial.pk, watched)
    if not training_settings(watched.workflow_id).challengers_wait:
        _let_take_over(watched)


def recheck(watched: WatchedWorkflow) -> None:
    """End certificates of handovers that the present labels no longer prove."""
    for trial in _touched(watched):
        again = HandoverTrial.objects.select_related("release", "champion").get(pk=trial.pk)
        last = (again.cursor_at, again.cursor_case)
        handovers.begin_again(again)
        handover = handovers.restore(again)
        if last[0] is not None and last[1] is not None:
            feed(again, handover, watched, until=(last[0], last[1]))
        if trial.certificate is not None and not isinstance(handover.verdict(), HandedOver):
            end_for_changed_labels(trial.certificate, actor=ACTOR, now=watched.now)


def _in_shadow(watched: WatchedWorkflow) -> list[RoleSpan]:
    spans = RoleSpan.objects.select_related("release").filter(workflow_id=watched.workflow_id, until=None)
    fitting = spans.filter(release__schema_sha256=watched.release.schema_sha256)
    return list(fitting.filter(role=ReleaseRole.SHADOW).order_by("release__number"))


def _outdated(trial: HandoverTrial, watched: WatchedWorkflow) -> str:
    """Say why what a handover froze no longer holds; empty where it does."""
    if trial.champion_id != watched.release.pk:
        return Words("Another model is the champion.")
    promised = ("scope", "target", "confidence", "loss")
    if any(getattr(trial, name) != getattr(watched.policy, name) for name in promised):
        return Words("The promise has changed.")
    if not watched.is_automating or watched.cutoffs is None:
        return Words("The champion decides nothing under a certificate.")
    if watched.cutoffs.cutoffs != trial.champion_cutoffs:
        return Words("The champion has other cutoffs.")
    if trial.evidence["shadow_share"] != training_settings(watched.workflow_id).shadow_share:
        return Words("Another share of the cases is scored in shadow.")
    return ""


def _is_proved(release_id: UUID, watched: WatchedWorkflow) -> bool:
    certificate = certificate_for(watched.policy, release_id, now=watched.now)
    return certificate is not None and certificate.status == CertificateStatus.CERTIFIED


def _advance(pk: UUID, watched: WatchedWorkflow) -> None:
    with transaction.atomic():
        trial = (
            HandoverTrial.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("release", "champion")
            .filter(pk=pk, ended_at=None)
            .first()
        )
        if trial is None:
            return
        if has_changed(trial, watched):
            handovers.begin_again(trial)
        try:
            handover = handovers.restore(trial)
            if trial.state is None and not inherit(trial, handover, watched):
                return
            feed(trial, handover, watched, until=drawn_until(trial))
        except (ValueError, handovers.PlanChanged) as why:
            reason = Words(
                "Its evidence cannot be taken in: %(why)s.",
                why=str(why) or Words("what was frozen has changed"),
            )
            handovers.end_handover(
                trial, outcome=TrialOutcome.ABANDONED, reason=reason, actor=ACTOR, now=watched.now
            )
            return
        handovers.keep(trial, handover, now=watched.now)
    verdict = handover.verdict()
    if isinstance(verdict, HandedOver) and _is_calm(watched):
        handovers.certify_handover(trial, handover, verdict, actor=ACTOR, now=watched.now)


def _is_calm(watched: WatchedWorkflow) -> bool:
    """Whether no audit contradicts the champion: only from such a one is anything inherited."""
    watch = Watch.objects.filter(workflow_id=watched.workflow_id, ended_at=None).first()
    return watch is not None and watch.is_calm


@transaction.atomic
def _touched(watched: WatchedWorkflow) -> list[HandoverTrial]:
    """Return the certified handovers of which a label has changed since the last look, which is now."""
    trials = (
        HandoverTrial.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("certificate")
        .filter(workflow_id=watched.workflow_id, certificate__status__in=LIVE_CERTIFICATES)
    )
    touched = [trial for trial in trials if has_changed(trial, watched)]
    for trial in touched:
        HandoverTrial.objects.filter(pk=trial.pk).update(read_at=watched.now)
    return touched


def _let_take_over(watched: WatchedWorkflow) -> None:
    """Promote the newest challenger that is proved, where that is no loss."""
    for span in reversed(_in_shadow(watched)):
        certificate = certificate_for(watched.policy, span.release_id, now=watched.now)
        if certificate is None or certificate.status != CertificateStatus.CERTIFIED:
            continue
        promotion = worth_promoting(span.release, now=watched.now)
        if promotion.is_worth:
            promote(
                release_id=span.release_id,
                actor=ACTOR,
                now=watched.now,
                reason=promotion.words,
                evidence={"certificate": str(certificate.pk), "method": certificate.method},
                seen=ReleaseRole.SHADOW,
            )
            return
