"""The readings of one day: what was examined, what it is held against, and the alarms that follow."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.models import Workflow
from hitl.shared.actor import system
from models_store.models import Release
from models_store.selectors import champion
from monitoring.alarms.contract import IMPACT_RATE, LEVEL, Contract
from monitoring.alarms.found import keep_sign
from monitoring.alarms.rules import contract_in_force, rules_in_force
from monitoring.alarms.selectors import standing
from monitoring.counts.binning import files_of
from monitoring.drift import examined
from monitoring.drift.check import act
from monitoring.drift.metrics import present_bins
from monitoring.examined.errors import at_release, lately, predicted_by_day
from monitoring.examined.model import computed_again, impacts
from monitoring.examined.sample import DAY, NOW, Sample, sample_of
from monitoring.models import Binning, DriftReading
from monitoring.types import Examined, MetricKey, MetricState
from science.drift.counting import Bins
from science.drift.findings import q_values
from science.drift.gap import estimated, gap
from science.drift.together import features_of, together

log = logging.getLogger(__name__)

ACTOR = system("monitoring")


@dataclass(frozen=True, slots=True)
class Found:
    """What was examined, before it is held against the terms.

    Attributes:
        p_value: NaN where too little is known.
        q_value: NaN where the p-value itself is held against the level: it is one test, and not many.
        needed: size from which on the level is met; 0 where that is not known.
    """

    key: MetricKey
    began_at: datetime
    value: float = 0.0
    p_value: float = float("nan")
    q_value: float = float("nan")
    needed: float = 0.0
    n_then: int = 0
    n_now: int = 0
    then: float = 0.0
    now: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def examine_all(*, now: datetime) -> None:
    """Examine every live workflow, once a day."""
    for workflow_id in Workflow.objects.filter(archived_at=None).values_list("id", flat=True):
        try:
            examine(workflow_id, now=now)
        except Exception:  # one workflow's trouble must not blind the others
            log.exception("examining cases failed", extra={"workflow": str(workflow_id)})


def examine(workflow_id: UUID, *, now: datetime) -> int:
    """Examine the day that ended last, once, after its counts were checked; return how many readings."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    release, binning = champion(workflow_id), present_bins(workflow_id)
    checked = DriftReading.objects.filter(workflow_id=workflow_id, ended_at=end)
    if release is None or binning is None or not checked.exists():
        return 0
    if checked.filter(measure__in=examined.NAMES).exists():
        return 0
    rules = rules_in_force(workflow_id)
    readings = {}
    for one in _found(release, binning, end=end, now=now):
        contract = contract_in_force(rules, one.key, examined.reference_of(one.key.measure))
        readings[contract] = _reading(workflow_id, one, contract, end)
    with transaction.atomic():
        # The lock lets a second examination at the same time find what this one has kept.
        Workflow.objects.select_for_update(no_key=True).get(pk=workflow_id)
        if checked.filter(measure__in=examined.NAMES).exists():
            return 0
        DriftReading.objects.bulk_create(readings.values())
        stands = standing(workflow_id)
        for contract, reading in readings.items():
            act(reading, contract, now=now, stands=(contract.key, contract.reference) in stands)
        keep_sign(workflow_id=workflow_id, actor=ACTOR, now=now)
    return len(readings)


def _found(release: Release, binning: Binning, *, end: datetime, now: datetime) -> Iterator[Found]:
    yield from _errors(release, end=end, now=now)
    sample = sample_of(release, end=end)
    yield _skew(release, sample, end)
    yield _together(binning, sample, end)
    yield from _impacts(release, sample, end)


def _errors(release: Release, *, end: datetime, now: datetime) -> Iterator[Found]:
    then = at_release(release)
    since, here = lately(release, end=end, now=now)
    found = gap(then, here, level=LEVEL)
    key = examined.output_key(Examined.GAP)
    if found is None:
        yield Found(key, since, n_then=then.n, n_now=here.n)
    else:
        yield Found(
            key,
            since,
            value=max(0.0, found.found - found.expected),
            p_value=found.p_value,
            needed=found.needed,
            n_then=then.n,
            n_now=here.n,
            then=found.expected,
            now=found.found,
            facts={"times": found.times, "low": found.low, "high": min(found.high, 1e6)},
        )
    days, (n_then, n_now) = predicted_by_day(release.workflow_id, release, end=end)
    key, since = examined.output_key(Examined.EXPECTED), end - NOW * DAY
    if not days.is_known:
        yield Found(key, since, n_then=n_then, n_now=n_now)
        return
    estimate = estimated(then, days.now)
    yield Found(
        key,
        since,
        value=abs(days.now - days.then),
        p_value=days.p_value,
        needed=days.needed(LEVEL),
        n_then=n_then,
        n_now=n_now,
        then=days.then,
        now=days.now,
        facts={"estimate": estimate.value, "low": estimate.low, "high": estimate.high} if estimate else {},
    )


def _skew(release: Release, sample: Sample, end: datetime) -> Found:
    again, key = computed_again(release, sample, end=end), examined.output_key(Examined.SKEW)
    if not again.n:
        return Found(key, end - DAY)
    share = again.otherwise / again.n
    is_same = 0.0 if again.otherwise else 1.0  # chance does not make a score come out otherwise
    return Found(key, end - DAY, share, p_value=is_same, needed=1 / again.n, now=share, n_now=again.n)


def _together(binning: Binning, sample: Sample, end: datetime) -> Found:
    key, since = examined.input_key(Examined.TOGETHER), end - NOW * DAY
    n_now = int(sample.is_now.sum())
    nothing = Found(key, since, n_then=len(sample) - n_now, n_now=n_now)
    if sample.schema_version != binning.schema_version or not len(sample):
        return nothing
    files = files_of(sample.contents, sample.schema)
    features, names = features_of(Bins.from_json(binning.bins), sample.schema, sample.contents, files)
    said = together(features, names, sample.day, NOW)
    if said is None:
        return nothing
    days, value = said.days, max(0.0, 2 * said.auc - 1)
    is_newer = days.now > days.then
    return Found(
        key,
        since,
        value=value,
        p_value=days.p_value if is_newer else 1.0,
        # Both grow with the difference, about alike.
        needed=min(1.0, value * days.needed(LEVEL) / (days.now - days.then)) if is_newer else 0.0,
        n_then=nothing.n_then,
        n_now=n_now,
        then=0.5,
        now=said.auc,
        facts={"signs": list(said.signs)},
    )


def _impacts(release: Release, sample: Sample, end: datetime) -> Iterator[Found]:
    found = list(impacts(release, sample, seed=int(end.timestamp())))
    q = q_values([one.error.p_value if one else float("nan") for _, one in found])
    n_now = int(sample.is_now.sum())
    for (name, one), q_value in zip(found, q, strict=True):
        key = examined.input_key(Examined.IMPACT, name)
        if one is None:
            yield Found(key, end - NOW * DAY, n_then=len(sample) - n_now, n_now=n_now)
            continue
        yield Found(
            key,
            end - NOW * DAY,
            value=abs(one.error.change),
            p_value=one.error.p_value,
            q_value=float(q_value),
            needed=one.error.needed(IMPACT_RATE),
            n_then=len(sample) - n_now,
            n_now=n_now,
            then=one.error.then,
            now=one.error.now,
            facts={
                "automation_then": one.automation.then,
                "automation_now": one.automation.now,
            },
        )


def _reading(workflow_id: UUID, one: Found, contract: Contract, end: datetime) -> DriftReading:
    is_known = isfinite(one.p_value)
    q_value = one.q_value if isfinite(one.q_value) else one.p_value
    threshold = max(one.needed, contract.least_effect)
    state = MetricState.UNKNOWN
    if is_known:
        differs = q_value <= contract.rate and one.value >= contract.least_effect
        state = MetricState.DRIFTS if differs else MetricState.CALM
    return DriftReading(
        workflow_id=workflow_id,
        **one.key._asdict(),
        reference=contract.reference,
        began_at=one.began_at,
        ended_at=end,
        state=state,
        value=one.value,
        threshold=threshold if is_known else None,
        p_value=one.p_value if is_known else None,
        q_value=q_value if is_known else None,
        dispersion=1.0,
        n_then=one.n_then,
        n_now=one.n_now,
        cell=0,
        then=one.then,
        now=one.now,
        facts=one.facts,
    )
