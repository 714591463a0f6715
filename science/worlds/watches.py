"""Watch many streams whose risk is known, and count false alarms and how long true ones took."""

from dataclasses import dataclass

import numpy as np

from science.guarantee import monitor as monitoring
from science.worlds.drift import Risk


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
