"""Check what trials have proved again when one of its labels has changed."""

from django.db import transaction

from monitoring.watch import draws, handover
from monitoring.watch.trial import hours_of, rows_of
from monitoring.watch.watched import ACTOR, WatchedWorkflow, cursor
from policy.models import Certificate, Trial
from policy.proof.live_tests import LiveTest, UnitLabel
from policy.proof.proofs import unit_of
from policy.proof.terms import costs_of
from policy.services.expiry import end_for_changed_labels, is_proved
from policy.types import LIVE_CERTIFICATES
from science.guarantee.planning import TestPlan


def advance(watched: WatchedWorkflow) -> None:
    """End live certificates of trials that the present labels no longer prove."""
    for trial in _touched(watched):
        if trial.certificate is not None and not is_proved(trial.certificate, _proved_now(trial, watched)):
            end_for_changed_labels(trial.certificate, actor=ACTOR, now=watched.now)
    handover.recheck(watched)


@transaction.atomic
def _touched(watched: WatchedWorkflow) -> list[Trial]:
    """Return the trials whose labels have changed since they were last looked at, which is now."""
    proved = Certificate.objects.filter(workflow_id=watched.workflow_id, status__in=LIVE_CERTIFICATES)
    trials = (
        Trial.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("release", "certificate")
        .filter(certificate__in=proved)
    )
    touched = [trial for trial in trials if watched.has_changed(rows_of(trial), trial)]
    for trial in touched:
        Trial.objects.filter(pk=trial.pk).update(read_at=watched.now)
    return touched


def _proved_now(trial: Trial, watched: WatchedWorkflow) -> dict[UnitLabel, list[float]]:
    """Return what passes, by unit, on the cases that were taken in; an unanswered one counts as wrong."""
    plans = {entry["label"]: TestPlan.from_json(entry["plan"]) for entry in trial.plans}
    labels = trial.release.labels
    costs = dict(zip(labels, costs_of(watched.policy, labels), strict=True))
    rows, test, place, last = rows_of(trial), LiveTest.begin(plans, cap=trial.group_cap), None, cursor(trial)
    while last is not None and place != last:
        drawn = draws.drawn_after(rows, place, until=last[0], now=watched.now)
        drawn = [one for one in drawn if one.place is not None and one.place <= last]
        if not drawn:
            break
        for hour in hours_of(drawn):  # parted at other places than when they came in, so without the cap
            test.take(draws.block_of(hour, costs), capped=False)
        place = drawn[-1].place
    return {
        label: unit_of(label, test.n_labels(label)[0], verdict)["passed"]
        for label, verdict in test.verdicts().items()
    }
