"""What the champion says of cases now: the same as when it decided them, and what each field does to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cases.models import Case
from models_store.models import Release
from monitoring.examined.sample import DAY, Sample, drawn_of_day, probabilities
from policy.selectors import cutoffs_in_force
from science.drift.impact import MIN_PAIRS, Impact, impact

SHARE, MIN_SCORES, MAX_SCORES = 0.01, 20, 300  # of the scores of a day that are computed again
PAIRS = 100
MAX_FIELDS = 60


@dataclass(frozen=True, slots=True)
class Again:
    """How many scores were computed again, and how many came out otherwise."""

    n: int
    otherwise: int


def computed_again(release: Release, sample: Sample, *, end: datetime) -> Again:
    """Score a share of the last day's cases from what is stored, and compare bit by bit."""
    rows = drawn_of_day(release.workflow_id, end - DAY).filter(release=release, confidence__isnull=False)
    n = min(MAX_SCORES, max(MIN_SCORES, round(SHARE * rows.count())))
    kept = {one.case_id: (one.confidence, one.predicted) for one in rows[:n]}
    cases = Case.objects.filter(pk__in=kept, schema_version=sample.schema_version)
    found = {case_id: content for case_id, content in cases.values_list("id", "content") if content}
    if not found:
        return Again(0, 0)
    proba = probabilities(release, list(found), list(found.values()), sample.schema)
    otherwise = 0
    for case_id, row in zip(found, proba, strict=True):
        confidence, predicted = kept[case_id]
        is_same = np.isfinite(row).all() and release.labels[int(row.argmax())] == predicted
        otherwise += not (is_same and float(row.max()) == confidence)
    return Again(len(found), otherwise)


@dataclass(frozen=True, slots=True)
class FieldImpact:
    """What the change of one field does: to the error that the model expects, and to automation."""

    error: Impact
    automation: Impact


def impacts(release: Release, sample: Sample, *, seed: int) -> Iterator[tuple[str, FieldImpact | None]]:
    """Yield each field with what its change does; None where there are too few cases of either time."""
    kept, rng = cutoffs_in_force(release.pk), np.random.default_rng(seed)
    limits = np.array(
        [kept.cutoffs.get(label, np.inf) if kept else np.inf for label in release.labels], dtype=np.float64
    )
    now, before = np.flatnonzero(sample.is_now), np.flatnonzero(~sample.is_now)
    n = min(PAIRS, len(now) // 2, len(before))
    cases, others = np.split(rng.permutation(now)[: 2 * n], 2)
    earlier = rng.permutation(before)[:n]
    for field in sample.schema.fields[:MAX_FIELDS]:
        if n < MIN_PAIRS:
            yield field.name, None
            continue
        said = []
        for donors in (earlier, others):
            contents = [
                {**sample.contents[case], field.name: sample.contents[donor].get(field.name)}
                for case, donor in zip(cases, donors, strict=True)
            ]
            said.append(probabilities(release, [sample.case_ids[c] for c in cases], contents, sample.schema))
        known = np.isfinite(said[0]).all(axis=1) & np.isfinite(said[1]).all(axis=1)
        then, here = (one[known] for one in said)
        error = impact(1 - then.max(axis=1), 1 - here.max(axis=1), rng=rng) if known.any() else None
        accepted = [
            (one.max(axis=1) >= limits[one.argmax(axis=1)]).astype(np.float64) if len(one) else one
            for one in (then, here)
        ]
        automation = impact(accepted[0], accepted[1], rng=rng) if known.any() else None
        yield field.name, FieldImpact(error, automation) if error and automation else None
