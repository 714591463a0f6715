"""Watches: the monitors of a certificate, from the day its cutoffs come into force."""

from datetime import datetime, timedelta
from uuid import UUID

from policy.models import Certificate, Watch
from policy.proof.live_tests import LiveWatch, UnitLabel

FALSE_ALARMS = 0.01  # chance of any within the horizon, a year's accepted cases
MIN_IN_HORIZON = 10_000.0
YEAR = timedelta(days=365)


def open_watch(certificate: Certificate, *, weekly_accepted: float, now: datetime) -> Watch:
    """Start to watch a certificate: each cutoff that it proves gets a monitor."""
    passed = _passed(certificate)
    cases = horizon(weekly_accepted)
    live = LiveWatch.begin(passed, target=_watched(certificate), horizon_cases=cases, pfa=FALSE_ALARMS)
    watch, _ = Watch.objects.get_or_create(
        certificate=certificate,
        defaults={
            "workflow_id": certificate.workflow_id,
            "since": now,
            "horizon_cases": cases,
            "units": list(passed),
            "states": live.states(),
            "read_at": now,
        },
    )
    if watch.ended_at is not None:  # the certificate's cutoffs are in force again
        Watch.objects.filter(pk=watch.pk).update(ended_at=None)
        watch.ended_at = None
    return watch


def follow_traffic(watch: Watch, live: LiveWatch, *, weekly_accepted: float) -> None:
    """Let the horizon grow with the traffic, because a watch often begins before there is much of it.

    It counts accepted cases, automated or held back by the ramp, since each of them may be the first of a
    changed world. However many certificates follow each other in a year, their watches share that year's
    cases, and so the one chance of a false alarm.

    What each case adds to the doubt, one part in the horizon, is settled before the case is labelled, so the
    monitors stay valid. While traffic is being learned the parts add up to a few per cent more than one.
    """
    cases = horizon(weekly_accepted)
    if cases > watch.horizon_cases:
        watch.horizon_cases = cases
        live.widen(cases)


def horizon(weekly_accepted: float) -> float:
    """Return how many accepted cases the chance of a false alarm is spread over: a year's."""
    return max(MIN_IN_HORIZON, weekly_accepted * YEAR / timedelta(days=7))


def end_watch(watch: Watch, *, now: datetime) -> None:
    """Stop watching: other cutoffs are in force, or none."""
    Watch.objects.filter(pk=watch.pk, ended_at=None).update(ended_at=now)


def open_watch_of(workflow_id: UUID) -> Watch | None:
    """Return the watch that is going on; there is at most one."""
    open_ones = Watch.objects.select_related("certificate__release")
    return open_ones.filter(workflow_id=workflow_id, ended_at=None).first()


def live_watch(watch: Watch) -> LiveWatch:
    """Return the monitors that a watch has stored."""
    return LiveWatch.restore(watch.units, watch.states)


def begin_again(watch: Watch) -> None:
    """Reset a watch because a label has changed: the next run reads all labels again."""
    live = LiveWatch.begin(
        _passed(watch.certificate),
        target=_watched(watch.certificate),
        horizon_cases=watch.horizon_cases,
        pfa=FALSE_ALARMS,
    )
    watch.states, watch.cursor_at, watch.cursor_case = live.states(), None, None
    watch.n_cases, watch.n_labels, watch.n_wrong = 0, 0, 0.0
    watch.readings.all().delete()


def keep(watch: Watch, live: LiveWatch, *, now: datetime) -> None:
    """Save the progress of a watch and its level."""
    watch.states, watch.read_at = live.states(), now
    watch.save(
        update_fields=[
            "states",
            "horizon_cases",
            "read_at",
            "level",
            "early_level",
            "early",
            "cursor_at",
            "cursor_case",
            "n_cases",
            "n_labels",
            "n_wrong",
        ]
    )


def _watched(certificate: Certificate) -> float:
    """Return the error that monitors hold labels against: the promise, or what of it reviewers would see.

    Where misses are allowed for, the certificate was proved at the stricter target, and the same reviewers
    answer the audits.
    """
    evidence = certificate.evidence
    return float(evidence["target_tested"]) if "misses" in evidence else certificate.target


def _passed(certificate: Certificate) -> dict[UnitLabel, list[float]]:
    return {unit["label"]: unit["passed"] for unit in certificate.seen["units"] if unit["passed"]}
