"""One check of one workflow: read the counts, compare them, keep the readings, raise and clear alarms."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isnan
from uuid import UUID

import numpy as np
from django.db import transaction

from cases.models import Workflow
from hitl.shared.actor import system
from models_store.selectors import champion
from monitoring.alarms.contract import CLEARS_AT, Contract
from monitoring.alarms.found import Finding, clear_alarm, keep_sign, raise_alarm
from monitoring.alarms.rules import contract_in_force, rules_in_force
from monitoring.alarms.selectors import NewNormal, new_normals, standing
from monitoring.counts.binning import baseline_for
from monitoring.counts.windows import blocks
from monitoring.drift.metrics import Metric, metrics_of, present_bins
from monitoring.drift.windows import Windows, last_end, windows_of
from monitoring.models import Binning, CountCursor, DriftReading
from monitoring.types import CountFamily, MetricKey, MetricState, Reference
from science.drift.findings import Persistence
from science.drift.watch import Rule, Seen, State, gradual, sudden

ACTOR = system("monitoring")
WEEK = 7  # days that are compared with the baseline
SETTLED = timedelta(minutes=10)  # after a window, until what came in at its end is counted

NormalKey = tuple[MetricKey, Reference]


def check(workflow_id: UUID, *, now: datetime) -> int:
    """Check the window that ended last, once; return how many metrics were read.

    Nothing is done while cases of it may not be counted yet. Two checks at once keep one set of readings.
    """
    end = last_end(now)
    binning = present_bins(workflow_id)
    if binning is None or not _is_counted(workflow_id, end):
        return 0
    if DriftReading.objects.filter(workflow_id=workflow_id, ended_at=end).exists():
        return 0
    metrics = metrics_of(workflow_id, binning)
    windows = windows_of(workflow_id, binning, metrics, end=end)
    if not windows:
        return 0
    rules = rules_in_force(workflow_id)
    contracts = {
        (key, reference): contract_in_force(rules, key, reference)
        for key in windows
        for reference in Reference
    }
    seen = _compared(workflow_id, binning, metrics, windows, contracts, end)
    with transaction.atomic():
        # The lock lets a second check at the same time find what this one has kept.
        Workflow.objects.select_for_update(no_key=True).get(pk=workflow_id)
        if DriftReading.objects.filter(workflow_id=workflow_id, ended_at=end).exists():
            return 0
        readings = {key: _reading(workflow_id, key, one, windows[key[0]], end) for key, one in seen.items()}
        DriftReading.objects.bulk_create(readings.values())
        stands = standing(workflow_id)
        for key, reading in readings.items():
            act(reading, contracts[key], now=now, stands=key in stands)
        keep_sign(workflow_id=workflow_id, actor=ACTOR, now=now)
    return len(readings)


def _is_counted(workflow_id: UUID, end: datetime) -> bool:
    return CountCursor.objects.filter(
        workflow_id=workflow_id, to_xid=None, read_at__gte=end + SETTLED
    ).exists()


def _compared(
    workflow_id: UUID,
    binning: Binning,
    metrics: Mapping[MetricKey, Metric],
    windows: Mapping[MetricKey, Windows],
    contracts: Mapping[NormalKey, Contract],
    end: datetime,
) -> dict[NormalKey, Seen]:
    seed, normals = int(end.timestamp()), new_normals(workflow_id)
    ordered = {key: metrics[key].is_ordered for key in windows}
    found: dict[NormalKey, Seen] = {}
    # Those looked at every quarter of a day are one family of tests, those looked at once a day another.
    for a_day in sorted({one.a_day for one in windows.values()}):
        some = {key: one for key, one in windows.items() if one.a_day == a_day}
        counts = {key: _since_normal(one, normals.get((key, Reference.BEFORE))) for key, one in some.items()}
        rules = {key: _rule(contracts[key, Reference.BEFORE]) for key in some}
        for key, seen in sudden(counts, ordered, seed=seed, a_day=a_day, rules=rules).items():
            found[key, Reference.BEFORE] = seen
    if end.hour == 0:
        before = _baseline(workflow_id, binning, normals)
        days = {key: _days(one) for key, one in windows.items() if key in before}
        rules = {key: _rule(contracts[key, Reference.BASELINE]) for key in days}
        for key, seen in gradual(before, days, ordered, latest=WEEK, seed=seed, rules=rules).items():
            found[key, Reference.BASELINE] = seen
    return found


def _rule(contract: Contract) -> Rule:
    scale = 1 if contract.reference == Reference.BEFORE else 4  # `gradual` asks for four times as many
    return Rule(contract.least_effect, contract.min_cases // scale, contract.persistence or Persistence())


def _since_normal(windows: Windows, normal: NewNormal | None) -> np.ndarray:
    """The counts, those from before a new normal left out."""
    if normal is None:
        return windows.counts
    counts = windows.counts.copy()
    for place in range(len(counts)):
        if windows.start(place) < normal.window_from:
            counts[place] = 0
    return counts


def _baseline(
    workflow_id: UUID, binning: Binning, normals: Mapping[NormalKey, NewNormal]
) -> dict[MetricKey, np.ndarray]:
    """Counts of the champion's training cases, or of the week that somebody said is normal now."""
    release = champion(workflow_id)
    kept = baseline_for(binning.pk, release.pk if release else None) or {}
    counts = {MetricKey(CountFamily.INPUT.value, *key): counted for key, counted in kept.items()}
    for (key, reference), normal in normals.items():
        if reference == Reference.BASELINE and key in counts:
            week = blocks(
                workflow_id,
                CountFamily(key.family),
                until=normal.window_until,
                length=normal.window_until - normal.window_from,
                n=1,
                binning_id=binning.pk,
                measures=[key.measure],
                field=key.field,
            )
            if (key.field, key.measure) in week.counts:
                counts[key] = week.counts[key.field, key.measure][0]
    return counts


def _days(windows: Windows) -> np.ndarray:
    quarters = windows.counts.reshape(-1, windows.a_day, windows.counts.shape[1])
    return np.asarray(quarters.sum(axis=1))


def _reading(workflow_id: UUID, key: NormalKey, seen: Seen, windows: Windows, end: datetime) -> DriftReading:
    metric, reference = key
    is_sudden = reference == Reference.BEFORE
    length = windows.length if is_sudden else timedelta(days=WEEK)
    step = windows.length if is_sudden else timedelta(days=1)
    n_steps = len(windows.counts) if is_sudden else len(windows.counts) // windows.a_day
    first, change, difference = end - n_steps * step, seen.change, seen.difference
    return DriftReading(
        workflow_id=workflow_id,
        **metric._asdict(),
        reference=reference,
        began_at=end - length,
        ended_at=end,
        state=MetricState(seen.state.value),
        value=difference.effect,
        threshold=_number(seen.threshold),
        p_value=_number(difference.p_value),
        q_value=_number(seen.q_value),
        dispersion=seen.dispersion,
        n_then=difference.n_then,
        n_now=difference.n_now,
        cell=difference.cell,
        then=difference.then,
        now=difference.now,
        changed_from=first + change.earliest * step if change else None,
        changed_until=first + change.latest * step if change else None,
    )


def _number(value: float) -> float | None:
    return None if isnan(value) else float(value)


def act(reading: DriftReading, contract: Contract, *, now: datetime, stands: bool) -> None:
    """Raise or clear the metric's alarm; what is not known leaves it as it is.

    Args:
        stands: whether the metric has an alarm that has not passed.
    """
    workflow_id = reading.workflow_id
    if not contract.is_watched or reading.threshold is None:
        return
    if reading.state == State.DRIFTS:
        finding = Finding(reading.value, reading.threshold, reading.began_at, reading.ended_at)
        raise_alarm(workflow_id=workflow_id, contract=contract, finding=finding, actor=ACTOR, now=now)
    elif stands and reading.state != State.UNKNOWN and reading.value < CLEARS_AT * reading.threshold:
        clear_alarm(workflow_id=workflow_id, contract=contract, actor=ACTOR, now=now)
