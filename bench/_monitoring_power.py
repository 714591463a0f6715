"""The test of binned counts beside the exact test of the values, and what both cost."""

import hashlib
import time
from collections.abc import Iterator
from math import sqrt

import numpy as np
from scipy.stats import ks_2samp

from hitl.bench.rows import Row, from_runs, ratio
from science.drift.cells import CategoryCells, Cells, NumberCells
from science.drift.compare import compare

SIZES = ((200, 0.27, 2_000), (1_000, 0.12, 1_200), (5_000, 0.055, 800), (50_000, 0.018, 400))
"""Cases on either side, a shift that the exact test finds two times in three, and how many are tried."""
EXACT = 1_000
"""Up to so many cases the exact distribution is taken. At 200 on either side that of the limit rejects from a
gap of 27 in 200 on, which chance alone reaches in 5.2 %: it finds more because it is not at its level."""
LEVEL = 0.05
FIELDS, ROWS = 20, 100_000


def power(quick: bool) -> Iterator[Row]:
    """Yield how often a shift is found, in points less than by the exact test of Kolmogorov and Smirnov."""
    for n, shift, most in SIZES:
        runs = most // 4 if quick else most
        rng = np.random.default_rng([n])
        ours = exact = one_alone = 0
        for _ in range(runs):
            then, now = rng.normal(size=n), rng.normal(shift, 1, n)
            cells = NumberCells.learn(rng.normal(size=5_000).tolist())
            counted = [cells.count(values.tolist()) for values in (then, now)]
            method = "exact" if n <= EXACT else "asymp"
            is_ours = bool(compare(counted[0], counted[1], is_ordered=True, rng=rng).p_value <= LEVEL)
            is_exact = bool(ks_2samp(then, now, method=method).pvalue <= LEVEL)
            ours, exact, one_alone = ours + is_ours, exact + is_exact, one_alone + (is_ours != is_exact)
        note = (
            f"of {runs} shifts of {shift} deviations {ours / runs:.1%}, by the exact test {exact / runs:.1%};"
            f" by chance {196 * sqrt(one_alone) / runs:.1f} points more or less"
        )
        yield Row(
            f"n = {n:,}: found less often than by the exact test",
            "points",
            100 * (exact - ours) / runs,
            bar=2.0,
            note=note,
        )


def same_bytes(quick: bool) -> Iterator[Row]:
    """Yield how many of some shuffled and sharded countings gave other bytes than the first."""
    rng = np.random.default_rng(1)
    numbers = rng.lognormal(size=20_000).tolist()
    words = rng.choice(["a", "b", "c", "d"], 20_000).tolist()
    cells: list[Cells] = [NumberCells.learn(numbers[:5_000]), CategoryCells.learn(words[:5_000])]
    digests = set()
    turns = 20 if quick else 200
    for _ in range(turns):
        order, shards = rng.permutation(20_000), int(rng.integers(1, 40))
        hasher = hashlib.sha256()
        for one, values in zip(cells, (numbers, words), strict=True):
            parts = [one.count([values[i] for i in part]) for part in np.array_split(order, shards)]
            hasher.update(np.sum(parts, axis=0, dtype=np.int64).tobytes())
        digests.add(hasher.hexdigest())
    yield Row(f"{turns} orders and shardings: other bytes", "", len(digests) - 1, bar=0)


def cost(quick: bool) -> Iterator[Row]:
    """Yield what a check of twenty fields costs beside scipy's, which reads all rows of each."""
    rng = np.random.default_rng(2)
    then = rng.normal(size=(FIELDS, ROWS))
    now = rng.normal(size=(FIELDS, ROWS))
    cells = [NumberCells.learn(column[:10_000].tolist()) for column in then]
    counted = [
        (one.count(a.tolist()), one.count(b.tolist())) for one, a, b in zip(cells, then, now, strict=True)
    ]
    ours, floors = [], []
    for _ in range(3 if quick else 7):
        began = time.process_time()
        for a, b in counted:
            compare(a, b, is_ordered=True, rng=rng)
        ours.append(time.process_time() - began)
        began = time.process_time()
        for a, b in zip(then, now, strict=True):
            ks_2samp(a, b, method="asymp")
        floors.append(time.process_time() - began)
    yield ratio(f"a check of {FIELDS} fields of {ROWS:,} rows, over scipy's", ours, floors, bar=1.0)
    yield from_runs("  the check", "s CPU", ours)
    yield from_runs("  scipy", "s CPU", floors)
