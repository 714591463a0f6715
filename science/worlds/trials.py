"""Repeat an experiment in a world whose truth is known, and count how often the promise was broken."""

from dataclasses import dataclass

import numpy as np

from science.guarantee import monitor as monitoring
from science.guarantee.certify import certify
from science.guarantee.planning import Method, plan
from science.guarantee.sequential import AnytimeCertifier
from science.guarantee.verdict import Certified, Verdict
from science.worlds.drift import Risk
from science.worlds.ranked import RankedWorld


@dataclass(frozen=True, slots=True)
class Certifications:
    """Result of repeated certifications.

    Attributes:
        runs: number of repetitions.
        violations: runs in which a cutoff was certified whose true risk exceeds the target.
        automation: mean share of traffic automated; a run without a certificate counts as 0.
    """

    runs: int
    violations: int
    automation: float


def certification_trials(
    world: RankedWorld,
    *,
    n: int,
    target: float,
    runs: int,
    rng: np.random.Generator,
    delta: float = 0.05,
    method: Method = "binomial",
    tuning: int | None = None,
) -> Certifications:
    """Plan on fresh tuning data and certify on `n` fresh labels, `runs` times.

    Args:
        tuning: tuning cases per run; as many as labels when absent.
    """
    violations, automation = 0, 0.0
    for _ in range(runs):
        tune, labels = world.sample(tuning or n, rng), world.sample(n, rng)
        frozen = plan(tune.scores, tune.wrong, target=target, delta=delta, expected_labels=n, method=method)
        verdict: Verdict
        if method == "anytime":
            certifier = AnytimeCertifier(frozen)
            certifier.add_block(labels.scores, labels.wrong, np.ones(n))
            verdict = certifier.verdict()  # wealth peaks are kept, so this is as if asked after every label
        else:
            verdict = certify(labels.scores, labels.wrong, np.ones(n), plan=frozen, rng=rng)
        if isinstance(verdict, Certified):
            violations += any(world.risk(cutoff) > target for cutoff in verdict.walked)
            automation += world.coverage(verdict.cutoff)
    return Certifications(runs, violations, automation / runs)


@dataclass(frozen=True, slots=True)
class Watches:
    """Result of repeated monitoring.

    Attributes:
        red_at: number of the case at which each run turned red, infinity if it never did; shape (runs,).
        audits_at: audits done by then; shape (runs,).
        audit_rate: audits per case over all runs, until red or the end.
    """

    red_at: np.ndarray
    audits_at: np.ndarray
    audit_rate: float


def monitor_trials(
    risk: Risk,
    *,
    runs: int,
    cases: int,
    rng: np.random.Generator,
    target: float = 0.01,
    horizon_cases: float = 208_000,
    pfa: float = 0.01,
    base: float = 0.02,
    amber_rate: float = 0.02,
    amber: float = monitoring.AMBER,
) -> Watches:
    """Watch `runs` independent streams of automatic cases, all at once.

    Args:
        risk: chance of an error at each case.
        base, amber_rate: audit rate while green and from amber on; equal for a fixed rate.
    """
    slopes = monitoring.slopes(target)
    evidence = np.zeros((runs, slopes.size))
    case, audits = np.zeros(runs), np.zeros(runs)
    red_at, audits_at = np.full(runs, np.inf), np.full(runs, np.inf)
    alive = np.ones(runs, dtype=bool)
    while alive.any():
        rate = np.where(evidence.mean(axis=1) >= amber, amber_rate, base)
        gap = rng.geometric(rate)
        case += gap
        alive &= case <= cases
        loss = (rng.random(runs) < risk(case)).astype(np.float64)
        step = monitoring.updated(evidence, gap / horizon_cases, loss, 1.0, slopes, target)
        evidence = np.where(alive[:, None], step, evidence)
        audits += alive
        red = alive & (evidence.mean(axis=1) >= 1 / pfa)
        red_at[red], audits_at[red] = case[red], audits[red]
        alive &= ~red
    watched = np.minimum(np.where(np.isinf(red_at), cases, red_at), cases)
    return Watches(red_at, audits_at, float(audits.sum() / watched.sum()))
