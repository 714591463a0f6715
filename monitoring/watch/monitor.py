"""Open and feed the monitors of the certificate in force, and act on their level."""

from collections.abc import Mapping, Sequence

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from monitoring.tallies.traffic import cases_since
from monitoring.watch import draws, early
from monitoring.watch.budget.selectors import is_overspending
from monitoring.watch.draws import Drawn
from monitoring.watch.overdue_audits import audit_capacity
from monitoring.watch.watched import ACCEPTED, ACTOR, WatchedWorkflow, cursor
from policy.models import Decision, Reading, Watch
from policy.proof.live_tests import LiveWatch, UnitLabel
from policy.selectors import cutoffs_in_force
from policy.services import alarms, watches
from policy.services.trial_plans import units_of
from science.decision_terms import Reason
from science.guarantee.audits import rate_after_alarm
from science.guarantee.blocks import BLOCK_SIZE, closed_prefix
from science.guarantee.monitor import Level

MONITORED = (*ACCEPTED, Reason.BELOW_CUTOFF)  # what a looser cutoff would accept is watched as well


def line_up(watched: WatchedWorkflow) -> None:
    """End the watch of a certificate that is no longer in force; begin one for that which is."""
    watch = watches.open_watch_of(watched.workflow_id)
    certificate = watched.cutoffs.certificate if watched.cutoffs and watched.is_automating else None
    if watch is not None and (certificate is None or watch.pk != certificate.pk):
        watches.end_watch(watch, now=watched.now)
        early.close(watched)
        watch = None
    if watch is None and certificate is not None:
        watches.open_watch(certificate, weekly_accepted=watched.weekly_accepted, now=watched.now)


def advance(watched: WatchedWorkflow) -> None:
    """Feed the monitors: audit more at amber, step down or stop at red."""
    with transaction.atomic():
        row = (
            Watch.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("certificate")
            .filter(workflow_id=watched.workflow_id, ended_at=None)
            .first()
        )
        cutoffs = cutoffs_in_force(watched.release.id)
        if row is None or cutoffs is None or cutoffs.certificate_id != row.pk:
            _audit_unwatched(watched)
            return
        in_force = units_of(cutoffs)
        rows = draws.scored(row.workflow_id, row.certificate.release_id, reasons=MONITORED)
        rows = rows.filter(decided_at__gte=row.since)
        if watched.has_changed(rows, row):
            watches.begin_again(row)
            early.forget(row)
        monitors = watches.live_watch(row)
        watches.follow_traffic(row, monitors, weekly_accepted=watched.weekly_accepted)
        is_pressing = not row.is_calm or early.is_pressing(row, watched)
        rest = _feed(row, monitors, rows, in_force, watched, 1 if is_pressing else BLOCK_SIZE)
        row.level, row.early_level = monitors.level(in_force), _early(monitors, rest, in_force, watched.costs)
        early.look(row, watched)
        is_pressing = early.is_pressing(row, watched)
        is_amber = early.is_amber(row) or is_pressing
        watches.keep(row, monitors, now=watched.now)
    if row.level == Level.RED:
        alarms.heed_red(row, monitors, actor=ACTOR, now=watched.now)
        return
    worst = Level.GREEN if row.is_calm else Level.AMBER
    alarms.mark_level(row, worst, actor=ACTOR, now=watched.now)
    _set_rates(watched, Level.AMBER if is_amber else worst)


def _audit_unwatched(watched: WatchedWorkflow) -> None:
    """Cutoffs set by hand are audited as well, and what is to be proved again is answered blind."""
    if watched.decides_by_hand or (watched.is_recovering and not watched.is_tripped_by_evidence):
        _set_rates(watched, Level.GREEN)


def _set_rates(watched: WatchedWorkflow, level: Level) -> None:
    """Audit as the evidence asks for, and as under amber while decisions to come look too wrong."""
    if level is Level.GREEN and is_overspending(watched.workflow_id):
        level = Level.AMBER
    alarms.set_rates(
        watched.workflow_id,
        level=level,
        automatic=watched.week.automatic,
        automation_rate=watched.automation_rate,
        capacity=audit_capacity(watched.workflow_id, now=watched.now),
        after_alarm=_after_alarm(watched),
        is_recovering=watched.is_recovering,
        actor=ACTOR,
        now=watched.now,
    )


def _after_alarm(watched: WatchedWorkflow) -> float:
    """Return the audit rate that the last alarm asks for, by the cases that have come in since."""
    since = watched.policy.evidence_from
    if since is None or not watched.automation_rate:
        return 0.0
    cases = cases_since(workflow_id=watched.workflow_id, since=since)
    return rate_after_alarm(
        since=cases * watched.automation_rate,
        target=watched.policy.target,
        horizon=watches.horizon(watched.weekly_accepted),
        pfa=watches.FALSE_ALARMS,
    )


def _feed(
    row: Watch,
    monitors: LiveWatch,
    rows: QuerySet[Decision],
    in_force: Mapping[UnitLabel, float],
    watched: WatchedWorkflow,
    block_size: int,
) -> list[Drawn]:
    """Take in whole blocks in decision order; what nobody has answered is waited for. Return the rest.

    While anything speaks against the promise, a block is a single audit.
    """
    while True:
        drawn = draws.drawn_after(rows, cursor(row), until=watched.until, now=watched.now)
        is_over = np.array([not one.is_held for one in drawn], dtype=bool)
        n_ready = closed_prefix(is_over, block_size)
        if not n_ready:
            return drawn
        readings = []
        for begin in range(0, n_ready, BLOCK_SIZE):
            ready = drawn[begin : min(begin + BLOCK_SIZE, n_ready)]
            _take(row, monitors, rows, ready, watched.costs)
            readings.append(_reading(row, ready[-1], monitors.highest(in_force)))
        Reading.objects.bulk_create(readings)


def _take(
    row: Watch,
    monitors: LiveWatch,
    rows: QuerySet[Decision],
    ready: Sequence[Drawn],
    costs: Mapping[str, float],
) -> None:
    while cursor(row) != ready[-1].place:
        block, place = draws.all_between(rows, cursor(row), ready, costs)
        monitors.take(block)
        row.n_cases += len(block)
        row.cursor_at, row.cursor_case = place if place is not None else (None, None)
    row.n_labels += len(ready)
    row.n_wrong += sum(one.loss for one in ready)


def _reading(row: Watch, last: Drawn, e_value: float) -> Reading:
    return Reading(
        watch=row,
        at=last.at,
        n_cases=row.n_cases,
        n_labels=row.n_labels,
        n_wrong=row.n_wrong,
        e_value=e_value,
    )


def _early(
    monitors: LiveWatch,
    rest: Sequence[Drawn],
    in_force: Mapping[UnitLabel, float],
    costs: Mapping[str, float],
) -> Level:
    """The level if the answers that are in were final: a hint, which raises amber and nothing else."""
    said = [one for one in rest if not one.is_held or one.hint is not None]
    losses = [(one.hint or 0.0) if one.is_held else one.loss for one in said]
    if not any(losses):
        return Level.GREEN
    tried = monitors.copy()
    tried.take(draws.block_with(losses, said, costs))
    return Level.GREEN if tried.level(in_force) is Level.GREEN else Level.AMBER
