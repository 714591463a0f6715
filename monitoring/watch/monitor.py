"""Open, feed and heed the monitors of the certificate in force."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from monitoring.watch import blind_answers
from monitoring.watch.blind_answers import Drawn, Truth
from monitoring.watch.people import capacity
from monitoring.watch.watched import ACCEPTED, ACTOR, Scene, cursor
from policy.models import Decision, Reading, Watch
from policy.proof.live import Label, LiveWatch
from policy.selectors import cutoffs_in_force
from policy.services import alarms, trials, watches
from science.decide import Reason
from science.guarantee.blocks import BLOCK_SIZE, closed_prefix
from science.guarantee.monitor import Level

MONITORED = (*ACCEPTED, Reason.BELOW_CUTOFF)  # what a looser cutoff would accept is watched as well


def line_up(scene: Scene) -> None:
    """End the watch of what is no longer in force; begin that of what is."""
    watched = watches.open_watch_of(scene.workflow_id)
    certificate = scene.cutoffs.certificate if scene.cutoffs and scene.is_automating else None
    if watched is not None and (certificate is None or watched.pk != certificate.pk):
        watches.end_watch(watched, now=scene.now)
        watched = None
    if watched is None and certificate is not None:
        watches.open_watch(certificate, weekly_automatic=scene.week.automatic, now=scene.now)


def advance(scene: Scene) -> None:
    """Feed the monitors; step down or stop at red, audit more at amber."""
    with transaction.atomic():
        row = (
            Watch.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("certificate")
            .filter(workflow_id=scene.workflow_id, ended_at=None)
            .first()
        )
        cutoffs = cutoffs_in_force(scene.release.id)
        if row is None or cutoffs is None or cutoffs.certificate_id != row.pk:
            _audit_unwatched(scene)
            return
        in_force = trials.units_of(cutoffs)
        rows = blind_answers.scored(row.workflow_id, row.certificate.release_id, reasons=MONITORED)
        rows = rows.filter(decided_at__gte=row.since)
        if scene.has_changed(rows, row):
            watches.begin_again(row)
        monitors = watches.live_watch(row)
        watches.follow_traffic(row, monitors, weekly_automatic=scene.week.automatic)
        rest = _feed(row, monitors, rows, in_force, scene)
        row.level, row.early_level = monitors.level(in_force), _early(monitors, rest, in_force, scene.costs)
        watches.keep(row, monitors, now=scene.now)
    if row.level == Level.RED:
        alarms.heed_red(row, monitors, actor=ACTOR, now=scene.now)
        return
    worst = Level.GREEN if row.is_calm else Level.AMBER
    alarms.mark_level(row, worst, actor=ACTOR, now=scene.now)
    _set_rates(scene, worst)


def _audit_unwatched(scene: Scene) -> None:
    """Cutoffs that were set by hand are audited all the same, and their audits stand out as little."""
    if scene.decides_by_hand:
        _set_rates(scene, Level.GREEN)


def _set_rates(scene: Scene, level: Level) -> None:
    alarms.set_rates(
        scene.workflow_id,
        level=level,
        automatic=scene.week.automatic,
        automation_rate=scene.automation_rate,
        capacity=capacity(scene),
        actor=ACTOR,
        now=scene.now,
    )


def _feed(
    row: Watch, monitors: LiveWatch, rows: QuerySet[Decision], in_force: Mapping[Label, float], scene: Scene
) -> list[Drawn]:
    """Take in whole blocks in decision order; what nobody has answered is waited for. Return the rest."""
    while True:
        drawn = blind_answers.drawn_after(rows, cursor(row), until=scene.until, now=scene.now)
        is_over = np.array([one.is_known or one.truth is Truth.LOST for one in drawn], dtype=bool)
        n_ready = closed_prefix(is_over)
        if not n_ready:
            return drawn
        readings = []
        for begin in range(0, n_ready, BLOCK_SIZE):
            ready = drawn[begin : begin + BLOCK_SIZE]
            _take(row, monitors, rows, ready, scene.costs)
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
        block, place = blind_answers.all_between(rows, cursor(row), ready, costs)
        monitors.take(block)
        row.n_cases += len(block)
        row.cursor_at, row.cursor_case = place if place is not None else (None, None)
    known = [one for one in ready if one.is_known]
    row.n_labels += len(known)
    row.n_wrong += sum(one.loss for one in known)


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
    monitors: LiveWatch, rest: Sequence[Drawn], in_force: Mapping[Label, float], costs: Mapping[str, float]
) -> Level:
    """The level if the answers that are in were final: a hint, which raises amber and nothing else."""
    said = [
        replace(one, loss=one.loss if one.is_known else one.hint or 0.0)
        for one in rest
        if one.is_known or one.hint is not None
    ]
    if not any(one.loss for one in said):
        return Level.GREEN
    tried = monitors.copy()
    tried.take(blind_answers.block_of(said, costs))
    return Level.GREEN if tried.level(in_force) is Level.GREEN else Level.AMBER
