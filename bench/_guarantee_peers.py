"""Peers: the SGR algorithm from its paper; MAPIE's risk control and river's detectors where installed.

MAPIE and river run in their own interpreter (`_guarantee_peers_script.py`), which is sent what was drawn
here and says what it made of it. What the script does belongs to what is kept, and so do their versions.
"""

import atexit
import math
from contextlib import ExitStack
from functools import cache

import numpy as np

from bench import _guarantee_peers_script
from hitl.bench.peers import Group, Peer, interpreter, peer
from hitl.runtime.environment import requirements
from science.guarantee.exact import upper_bound
from science.guarantee.planning import TestPlan
from science.worlds.world import Labelled

DETECTORS = tuple(_guarantee_peers_script.DETECTORS)


def are_installed() -> bool:
    """Tell whether MAPIE and river can be asked."""
    return interpreter(Group.GENERAL) is not None


def named(peer_name: str) -> str:
    """Return a peer with its version, as the lock file has it: another version is another experiment."""
    return f"{peer_name} {requirements(Group.GENERAL.lock)[peer_name.lower()]}"


@cache
def _peer() -> Peer:
    """The running script; it ends with this process."""
    running = ExitStack()
    atexit.register(running.close)
    found = running.enter_context(peer(Group.GENERAL, "_guarantee_peers_script"))
    if found is None:
        raise RuntimeError("MAPIE and river are not installed")
    return found


def sgr(labels: Labelled, target: float, delta: float) -> float | None:
    """Return the cutoff of Selective Guaranteed Risk, or None.

    Source: Geifman and El-Yaniv (2017), "Selective classification for deep neural networks", algorithm 2: a
    binary search over the labels' own scores, each step at its share of delta. The loosest to hold is taken.
    """
    order = np.argsort(labels.scores)
    scores, wrong = labels.scores[order], labels.wrong[order]
    behind = np.cumsum(wrong[::-1])[::-1]  # wrong among those with at least this score
    n = scores.size
    steps = math.ceil(math.log2(n))
    low, high, best = 0, n - 1, None
    for _ in range(steps):
        middle = math.ceil((low + high) / 2)
        place = int(np.searchsorted(scores, scores[middle], side="left"))
        if upper_bound(behind[place], n - place, delta / steps) <= target:
            high, best = middle, float(scores[place])
        else:
            low = middle
    return best


def mapie_cutoffs(tune: Labelled, labels: Labelled, plan: TestPlan) -> dict[str, float | None]:
    """Return the cutoff of each of MAPIE's ways to control the family-wise error, None where there is none.

    It is offered every third cutoff of our grid; more would only cost it.
    """
    accepted = np.array([(tune.scores >= cutoff).sum() for cutoff in plan.grid])
    grid = np.array([cutoff for cutoff, n in zip(plan.grid, accepted, strict=True) if n > 0])[::3][::-1]
    found: dict[str, float | None] = _peer().ask(
        what="mapie",
        grid=grid.tolist(),
        target=plan.target,
        delta=plan.delta,
        tune=[tune.scores.tolist(), tune.wrong.astype(int).tolist()],
        labels=[labels.scores.tolist(), labels.wrong.astype(int).tolist()],
    )
    return found


def alarm_of(detector: str, losses: np.ndarray) -> float:
    """Return the place of the loss at which one of river's detectors raises its first alarm; inf if none."""
    at: int | None = _peer().ask(what="river", detector=detector, losses=losses.astype(int).tolist())
    return np.inf if at is None else float(at)
