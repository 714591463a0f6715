"""Bar 9: reviewers who err, adjudicated where they disagree with the model, certify like perfect ones."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean, share
from hitl.bench.rows import Row
from science.guarantee.exact import p_value
from science.guarantee.misses import correct_for_misses
from science.worlds.reviewers import audit

AUDITS, TARGET, DELTA = 3000, 0.01, 0.05
ERRORS = (0.005, 0.01, 0.02, 0.05)
BARRED = 0.01  # the reviewers' error that the bar speaks of
HABIT, KNOWN = 0.5, 300


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """Bar 9."""
    for error in ERRORS:
        found = kept.runs(f"people {error}", runs, partial(_play, 0.004, error), chunk=250)
        barred = error == BARRED
        yield Row(
            f"reviewers wrong in {error:.1%}, model in .4 %: certified, adjudicated over perfect",
            "%",
            100 * float(found["adjudicated"].mean() / found["perfect"].mean()),
            bar=95 if barred else None,
            more_is_better=True,
            note=f"single reviews {found['single'].mean():.1%}, perfect ones {found['perfect'].mean():.1%}",
        )
        yield mean("  extra reviews", "% of audits", 100 * found["extra"], bar=3 if barred else None)
    bad = kept.runs("people bad", runs, partial(_play, 0.012, 0.01), chunk=250)
    yield share("model wrong in 1.2 %, reviewers in 1 %: falsely certified", bad["adjudicated"], bar=5)
    habit = kept.runs("people habit", runs, _habit, chunk=250)
    yield share("half of 1.6 % waved through by habit: falsely certified", habit["naive"])
    yield share("  corrected by 300 known answers", habit["corrected"], bar=5)


def _passes(wrong: float, target: float = TARGET, delta: float = DELTA, n: int = AUDITS) -> bool:
    return bool(p_value(wrong, n, target) <= delta)


def _play(risk: float, error: float, rng: np.random.Generator, runs: int) -> Figures:
    figures: dict[str, list[float]] = {"single": [], "adjudicated": [], "perfect": [], "extra": []}
    for _ in range(runs):
        wrong = rng.random(AUDITS) < risk
        seen = audit(wrong, error=error, rng=rng)
        figures["single"].append(_passes(seen.seen_wrong.sum()))
        figures["adjudicated"].append(_passes(seen.counted_wrong.sum()))
        figures["perfect"].append(_passes(float(wrong.sum())))
        figures["extra"].append(seen.extra_reviews / AUDITS)
    return figures


def _habit(rng: np.random.Generator, runs: int) -> Figures:
    figures: dict[str, list[float]] = {"naive": [], "corrected": []}
    for _ in range(runs):
        seen = audit(rng.random(AUDITS) < 0.016, error=0.0, habit=HABIT, rng=rng).seen_wrong.sum()
        sharper = correct_for_misses(int(rng.binomial(KNOWN, HABIT)), KNOWN, target=TARGET, delta=DELTA)
        figures["naive"].append(_passes(seen))
        figures["corrected"].append(_passes(seen, sharper.target, sharper.delta))
    return figures
