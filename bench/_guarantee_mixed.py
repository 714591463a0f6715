"""Bar 1 where labels were not collected alike: mixed probabilities, costs, and what people do instead."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from scipy import stats

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import broken, share
from hitl.bench.rows import Row
from science.guarantee.betting import p_value as betting_p_value
from science.guarantee.certify import Traffic, certify
from science.guarantee.planning import Method, TestPlan, plan
from science.guarantee.sequential import AnytimeCertifier
from science.guarantee.verdict import Certified

DELTA = 0.05
METHODS: tuple[Method, ...] = ("thinned", "stratified", "betting")
# Share that was automated and audited at the rate q, its error, and the error of the band that was reviewed.
Mix = tuple[float, float, float]
NULLS: dict[str, Mix] = {
    "at the target": (0.85, 0.01 / 0.85 * 0.7, 0.01 / 0.15 * 0.3),
    "at the target, automated part worse": (0.85, 0.01 / 0.85 * 0.999, 0.01 / 0.15 * 0.001),
    "automated part 2 % wrong": (0.85, 0.02, 0.0),
}
GOOD: Mix = (0.85, 0.0045, 0.012)
CASES = {0.05: 20_000, 0.1: 20_000, 0.02: 40_000}  # by audit rate


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """Bar 1, continued."""
    for method in METHODS:
        cells = [
            (
                f"{name}, audits {q:.0%}",
                kept.runs(f"mixed {method} {name} {q}", runs, partial(_certified, method, mix, q))[
                    "certified"
                ],
            )
            for name, mix in NULLS.items()
            for q in CASES
        ]
        yield from broken(f"mixed probabilities, {method}", cells, DELTA)
    cells = [
        (f"target {target:.0%}", kept.runs(f"costs {target}", runs, partial(_costs, target))["certified"])
        for target in (0.01, 0.02, 0.05)
    ]
    yield from broken("costs of 1 and .2, mean at the target, betting, watched", cells, DELTA)
    varying = kept.runs("varying", runs, _varying)["certified"]
    yield from broken("anytime, audit rate rising on errors, at the target", [("3 %", varying)], DELTA)
    for method in METHODS:
        good = kept.runs(f"mixed {method} good", runs // 4, partial(_certified, method, GOOD, 0.1))[
            "certified"
        ]
        yield share(f"  kept promises certified (.56 % true, audits 10 %), {method}", good)
    naive = kept.runs("mixed naive", runs, partial(_naive, NULLS["at the target, automated part worse"]))
    yield share("  naive pooling, automated part worse: false certificates", naive["pooled"])
    yield share("  unaudited = correct, 2 % wrong: false certificates", naive["unaudited"])


def _draw(
    mix: Mix, q: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    share_automated, auto, band = mix
    n = CASES[q]
    automated = rng.random(n) < share_automated
    wrong = (rng.random(n) < np.where(automated, auto, band)).astype(float)
    pi = np.where(automated, q, 1.0)
    return np.where(automated, 0.9, 0.7), wrong, pi, rng.random(n) < pi


def _plan(q: float, method: Method) -> TestPlan:
    own = plan(
        np.repeat([0.9, 0.7], [850, 150]),
        np.zeros(1000),
        target=0.01,
        delta=DELTA,
        expected_labels=int(CASES[q] * q),
        pi_floor=q,
        method=method,
        n_cutoffs=2,
    )
    # Only the cutoff that accepts both parts is tested.
    return TestPlan.from_json(own.to_json() | {"grid": [0.9, 0.0], "coverage": [0.85, 1.0], "start": 1})


def _certified(method: Method, mix: Mix, q: float, rng: np.random.Generator, runs: int) -> Figures:
    own, passed = _plan(q, method), []
    for _ in range(runs):
        scores, wrong, pi, seen = _draw(mix, q, rng)
        verdict = certify(scores[seen], wrong[seen], pi[seen], plan=own, rng=rng, traffic=Traffic(scores, pi))
        passed.append(isinstance(verdict, Certified))
    return {"certified": passed}


def _costs(target: float, rng: np.random.Generator, runs: int) -> Figures:
    # Errors cost 1 or .2, half and half.
    cost = np.where(rng.random((runs, 3000)) < 0.5, 1.0, 0.2)
    happened = rng.random((runs, 3000)) < target / 0.6
    return {"certified": [betting_p_value(row, target) <= DELTA for row in cost * happened]}


def _varying(rng: np.random.Generator, runs: int) -> Figures:
    own = plan(
        np.full(1000, 0.9),
        np.zeros(1000),
        target=0.03,
        delta=DELTA,
        expected_labels=400,
        pi_floor=0.1,
        method="anytime",
    )
    passed = []
    for _ in range(runs):
        certifier, rate = AnytimeCertifier(own), 0.1
        for u, v in rng.random((1500, 2)):
            if u < rate:
                loss = float(v < 0.03)
                certifier.add(0.9, loss, rate)
                rate = 1.0 if loss else max(0.1, rate * 0.9)
        passed.append(isinstance(certifier.verdict(), Certified))
    return {"certified": passed}


def _naive(mix: Mix, rng: np.random.Generator, runs: int) -> Figures:
    pooled, unaudited = [], []
    for _ in range(runs):
        _, wrong, _, seen = _draw(mix, 0.1, rng)
        pooled.append(stats.binom.cdf(wrong[seen].sum(), seen.sum(), 0.01) <= DELTA)
        _, wrong, _, seen = _draw((1.0, 0.02, 0.0), 0.05, rng)
        unaudited.append(stats.binom.cdf(wrong[seen].sum(), wrong.size, 0.01) <= DELTA)
    return {"pooled": pooled, "unaudited": unaudited}
