"""Errors of the champion: found by labels and predicted by its scores, at its release and now."""

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from models_store.models import Release
from monitoring.counts.outputs import DOUBT, MICRO
from monitoring.counts.windows import blocks
from monitoring.examined.sample import BEFORE, DAY, NOW
from monitoring.types import CountFamily
from monitoring.watch import draws
from monitoring.watch.watched import ACCEPTED
from policy.proof.samples import believed
from policy.selectors import cutoffs_in_force
from science.drift.days import DaysDiffer, days_differ
from science.drift.gap import Errors

WINDOWS = timedelta(days=7), timedelta(days=28)  # the first that holds enough audits
MIN_DECISIONS = 20  # a day; one with fewer is left out


def at_release(release: Release) -> Errors:
    """Of the labels that it was not taught, above the cutoffs in force."""
    sample, kept = believed(release), cutoffs_in_force(release.pk)
    if sample is None or kept is None:
        return Errors(0, 0.0, 0.0)
    limits = np.array([kept.cutoffs.get(label, np.inf) for label in release.labels], dtype=np.float64)
    accepted = sample.scores >= limits[sample.predicted]
    predicted = float((1 - sample.scores[accepted]).sum())
    return Errors(int(accepted.sum()), float(sample.wrong[accepted].sum()), predicted)


def lately(release: Release, *, end: datetime, now: datetime) -> tuple[datetime, Errors]:
    """Of the audits of a week, or of four weeks where a week has too few; and since when they are.

    What nobody has settled counts as right: this speaks against the model.
    """
    since, found = end, Errors(0, 0.0, 0.0)
    for window in WINDOWS:
        since = end - window
        rows = draws.scored(release.workflow_id, release.pk, reasons=ACCEPTED)
        rows = rows.filter(decided_at__gte=since, decided_at__lt=end)
        over = [one for one in draws.drawn_after(rows, None, until=end, now=now) if not one.is_open]
        found = Errors(len(over), sum(one.lowest_loss for one in over), sum(1 - one.score for one in over))
        if found.is_enough:
            break
    return since, found


def predicted_by_day(
    workflow_id: UUID, release: Release, *, end: datetime
) -> tuple[DaysDiffer, tuple[int, int]]:
    """Compare the mean predicted error of automatic decisions, day by day, from counts; and how many."""
    n = NOW + BEFORE
    seen = blocks(
        workflow_id,
        CountFamily.OUTPUT,
        until=end,
        length=DAY,
        n=n,
        release_id=release.pk,
        any_release=False,
        measures=[DOUBT],
    )
    counts = seen.counts.get(("", DOUBT), np.zeros((n, 2), dtype=np.int64))
    enough = counts[:, 0] >= MIN_DECISIONS
    means = counts[:, 1] / np.maximum(counts[:, 0], 1) / MICRO
    is_now = np.arange(n) >= BEFORE
    n_then, n_now = int(counts[~is_now, 0].sum()), int(counts[is_now, 0].sum())
    return days_differ(means[enough & ~is_now].tolist(), means[enough & is_now].tolist()), (n_then, n_now)
