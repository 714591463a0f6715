"""Repeat an experiment in a world whose truth is known, and count how often the promise was broken."""

from dataclasses import dataclass

import numpy as np

from science.guarantee.certify import certify
from science.guarantee.grid import N_CUTOFFS
from science.guarantee.planning import Method, plan
from science.guarantee.sequential import AnytimeCertifier
from science.guarantee.verdict import Certified, Verdict
from science.worlds.world import World


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
    world: World,
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
        verdict = certification_trial(
            world, n=n, target=target, rng=rng, delta=delta, method=method, tuning=tuning
        )
        violations += is_false(verdict, world)
        automation += automated(verdict, world)
    return Certifications(runs, violations, automation / runs)


def certification_trial(
    world: World,
    *,
    n: int,
    target: float,
    rng: np.random.Generator,
    delta: float = 0.05,
    method: Method = "binomial",
    tuning: int | None = None,
    n_cutoffs: int = N_CUTOFFS,
) -> Verdict:
    """Plan on fresh tuning data and certify on `n` fresh labels, once; arguments as for the trials."""
    tune, labels = world.sample(tuning or n, rng), world.sample(n, rng)
    frozen = plan(
        tune.scores,
        tune.wrong,
        target=target,
        delta=delta,
        expected_labels=n,
        method=method,
        n_cutoffs=n_cutoffs,
    )
    if method != "anytime":
        return certify(labels.scores, labels.wrong, np.ones(n), plan=frozen, rng=rng)
    certifier = AnytimeCertifier(frozen)
    certifier.add_block(labels.scores, labels.wrong, np.ones(n))
    return certifier.verdict()  # wealth peaks are kept, so this is as if asked after every label


def is_false(verdict: Verdict, world: World) -> bool:
    """Whether a cutoff was certified whose true risk exceeds the target."""
    return isinstance(verdict, Certified) and any(
        world.risk(cutoff) > verdict.target for cutoff in verdict.walked
    )


def automated(verdict: Verdict, world: World) -> float:
    """Share of traffic that the loosest certified cutoff accepts in truth; 0 without a certificate."""
    return world.coverage(verdict.cutoff) if isinstance(verdict, Certified) else 0.0
