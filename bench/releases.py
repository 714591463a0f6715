"""Releases: bad canaries rolled back, good ones kept, promotion, cases that go missing, what an arm costs."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np

from bench import _releases_live
from hitl.bench.rows import Row, ratio
from science.arms import arm_of
from science.canary import balance, promotion
from science.canary.compared import BLOCK, Comparison, breach, harm
from science.canary.step import ALPHA, IMBALANCE, STAGES, Outcome, Step, judge
from science.draws import draw

NEEDS_STAGE = True
BEFORE = 2_000  # audits of the champion before the canary begins
TARGET = 0.04
AT = datetime(2026, 1, 5, tzinfo=UTC)


def run(quick: bool) -> Sequence[Row]:
    """Measure what the tests of a canary do in simulated traffic, and what the services do with releases."""
    rng = np.random.default_rng(20261129)
    runs = 100 if quick else 1_000
    simulated = [*_rolled_back(rng, runs), *_promoted(rng, runs), *_missing(rng, runs)]
    return [*simulated, _cost(), *_releases_live.run(quick)]


def _rolled_back(rng: np.random.Generator, runs: int) -> list[Row]:
    labels = np.array([_labels_until(rng, 0.06, 800) for _ in range(max(200, runs // 2))])
    good = np.array([_labels_until(rng, 0.02, 600) for _ in range(runs)])
    low, high = np.quantile(labels, [0.25, 0.75])
    return [
        Row(
            "bad canary (2 -> 6 %) rolled back: audited cases, median",
            "cases",
            float(np.median(labels)),
            float(low),
            float(min(high, 800)),
            bar=150,
            note=f"champion: {BEFORE:,} audits before; within 800 cases: {np.isfinite(labels).mean():.1%}",
        ),
        Row(
            "good canary (2 -> 2 %) rolled back within 600 audited cases",
            "%",
            _percent(np.isfinite(good)),
            bar=5,
        ),
    ]


def _labels_until(rng: np.random.Generator, error: float, most: int) -> float:
    """Return after how many labels of the canary its step fails, looked at after every block; inf: never."""
    plan = Comparison(TARGET / 2, (rng.random(BEFORE) < 0.02).astype(float).tolist())
    n = most + most // 2
    mine = rng.permutation(n) < most  # two labels of the canary to one of the champion's
    losses = (rng.random(n) < np.where(mine, error, 0.02)).astype(float)
    if not _fails(plan, mine, losses):
        return np.inf
    low, high = 0, n  # evidence only grows: its peak decides
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fails(plan, mine[:middle], losses[:middle]) else (middle, high)
    return float(np.count_nonzero(mine[:high]))


def _fails(plan: Comparison, mine: np.ndarray, losses: np.ndarray) -> bool:
    found = {"champion": harm(plan, mine, losses).peak, "promise": breach(TARGET, losses[mine])}
    step = Step(0, 100, AT, timedelta(days=1), found, dict.fromkeys(STAGES, 1.0))
    return judge(step, now=AT).outcome is Outcome.FAIL


def _promoted(rng: np.random.Generator, runs: int) -> list[Row]:
    n = promotion.plan(40, BEFORE, expected=0.02, alpha=ALPHA).labels
    passed = {
        error: np.array(
            [
                promotion.p_value(int(rng.binomial(n, error)), n, int(rng.binomial(BEFORE, 0.02)), BEFORE)
                <= ALPHA
                for _ in range(runs)
            ]
        )
        for error in (0.02, 0.04)
    }
    alone = np.array([_sequential_labels(rng, n, 8_000) for _ in range(max(200, runs))])
    as_often = float(np.quantile(alone, passed[0.02].mean(), method="higher"))
    return [
        Row("one twice as wrong (2 -> 4 %) promoted by the planned test", "%", _percent(passed[0.04]), bar=5),
        Row(
            "an equal one promoted", "%", _percent(passed[0.02]), note=f"at {n:,} labels, planned beforehand"
        ),
        Row(
            "labels of the planned test, of what an e-process alone needs to promote as often",
            "ratio",
            n / as_often,
            bar=1,
            note=f"e-process: {as_often:,.0f} labels; in the median {np.median(alone):,.0f}",
        ),
    ]


def _sequential_labels(rng: np.random.Generator, n: int, most: int) -> float:
    """Return when an e-process, as `harm` bets, shows that an equal canary is less than twice as wrong.

    The same bet in the other direction: the canary's losses against twice the champion's, whose labels are
    dealt out as the planned test of `n` labels has them, and never end. It is told the champion's error.
    """
    p, worse = 0.02, promotion.WORSE
    per_block = round(BLOCK * BEFORE / n)
    theta = (BLOCK + per_block) * p / (BLOCK * worse + per_block)
    down = (worse * theta - p) / (worse * theta)
    up = BLOCK * down * worse / per_block
    mine, champions = rng.random((most // BLOCK, BLOCK)) < p, rng.random((most // BLOCK, per_block)) < p
    gains = np.log1p(-down * (mine - worse * theta)).sum(1) + np.log1p(up * (champions - theta)).sum(1)
    reached = np.flatnonzero(gains.cumsum() >= -np.log(ALPHA))
    return float((reached[0] + 1) * BLOCK) if reached.size else float(most)


def _missing(rng: np.random.Generator, runs: int) -> list[Row]:
    share, cases = 0.05, 20_000
    found = [_found_after(rng, share, cases, lost=(0.0, 0.03)) for _ in range(runs // 5)]
    clean = np.array([np.isfinite(_found_after(rng, share, cases, lost=(0.01, 0.01))) for _ in range(runs)])
    return [
        Row(
            "3 % of a 5 % canary's cases lost: found after, 99 of 100",
            "cases",
            float(np.quantile(found, 0.99)),
            float(np.min(found)),
            float(np.max(found)),
            bar=cases,
        ),
        Row("nothing wrong, 1 % lost in both arms: said to be", "%", _percent(clean), bar=1),
    ]


def _found_after(rng: np.random.Generator, share: float, cases: int, *, lost: tuple[float, float]) -> float:
    """Return after how many cases an imbalance is found, looked at after every 100; inf: never."""
    mine = rng.random(cases) < share
    gone = rng.random(cases) < np.where(mine, lost[1], lost[0])
    for seen in range(100, cases + 1, 100):
        its, away = mine[:seen], gone[:seen]
        arrived = balance.of_counts(
            (int((~its).sum()), int(its.sum())), (1 - share, share), weight=balance.ARRIVED
        )
        left = (int((away & ~its).sum()), int((away & its).sum()))
        of_lost = balance.of_counts(left, (1 - share, share), weight=balance.LOST)
        if max(arrived, of_lost) >= 1 / IMBALANCE:
            return float(seen)
    return np.inf


def _cost() -> Row:
    secret, workflow, case = b"k" * 32, uuid4(), uuid4()
    times: dict[str, list[float]] = {"arm": [], "draws": []}
    for _ in range(15):
        begin = time.perf_counter()
        for _ in range(2_000):
            arm_of(secret, workflow, case.bytes)
        middle = time.perf_counter()
        for _ in range(2_000):
            draw(secret, [case], 1)
        times["arm"].append((middle - begin) / 2_000)
        times["draws"].append((time.perf_counter() - middle) / 2_000)
    return ratio("a case's arm, of what its draws cost", times["arm"], times["draws"], bar=0.5)


def _percent(true: np.ndarray) -> float:
    return float(100 * np.mean(true))
