"""Live traffic in clusters, at a known risk: copies, campaigns, speakers with a touch of their own."""

from dataclasses import dataclass

import numpy as np

from science.guarantee.betting import certifying_bets, log_mean_exp
from science.guarantee.blocks import BLOCK_SIZE
from science.guarantee.planned import planned_bets
from science.guarantee.planning import TestPlan, plan
from science.guarantee.sequential import AnytimeCertifier


@dataclass(frozen=True, slots=True)
class ClusterWorld:
    """Traffic whose cases come in clusters.

    Attributes:
        name: what it is called.
        sizes: cases of a cluster.
        shares: how common each size is among clusters.
        risks: error of clusters of each size.
        alike: how alike a cluster's cases are: 1 copies, 0 independent; between, errors are drawn from a beta
            distribution of their own in each cluster.
        spread: whether a cluster's cases come anywhere in the window instead of one after another.
    """

    name: str
    sizes: tuple[int, ...]
    risks: tuple[float, ...]
    shares: tuple[float, ...] = (1.0,)
    alike: float = 1.0
    spread: bool = False

    @property
    def risk(self) -> float:
        """Share of cases that are wrong."""
        mass = np.multiply(self.sizes, self.shares)
        return float(mass @ np.array(self.risks) / mass.sum())

    def sample(self, cases: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the cluster of each case and whether it is wrong, shape (cases,) each, in their order."""
        kinds = rng.choice(len(self.sizes), cases, p=self.shares)  # more than enough clusters
        risk, size = np.array(self.risks)[kinds], np.array(self.sizes)[kinds]
        clusters = np.repeat(np.arange(cases), size)[:cases]
        if self.alike == 1:
            own = (rng.random(cases) < risk).astype(float)
        elif self.alike == 0:
            own = risk
        else:
            strength = 1 / self.alike - 1
            own = rng.beta(risk * strength, (1 - risk) * strength)
        wrong = (rng.random(cases) < own[clusters]).astype(float)
        order = rng.permutation(cases) if self.spread else np.arange(cases)
        return clusters[order], wrong[order]


def copies(size: int, risk: float, *, spread: bool = False) -> ClusterWorld:
    """Make a world in which every case is there so many times."""
    return ClusterWorld(f"{size} copies{', spread' * spread}", (size,), (risk,), spread=spread)


def wholesale_plan(
    target: float, *, labels: int = 2000, pi_floor: float = 1.0, delta: float = 0.05
) -> TestPlan:
    """Make a plan of one cutoff that accepts everything and hopes for half the target."""
    own = plan(
        np.ones(1000), np.zeros(1000), target=target, delta=delta, expected_labels=labels, pi_floor=pi_floor
    )
    everything = {"grid": [0.0], "coverage": [1.0], "start": 0}
    return TestPlan.from_json(own.to_json() | everything | {"tune_n": [2000], "tune_wrong": [1000 * target]})


@dataclass(frozen=True, slots=True)
class Bets:
    """What one run bets, cluster by cluster and block by block; every array has shape (n_bets,).

    Attributes:
        after: number of labels at the end of the block.
        peak, most: the sum that the cluster has been charged for before, and with this block, in caps; a new
            cluster has been charged for none.
        weight, wrong: of the block's draws of the cluster, and of the wrong ones among them, in caps.
    """

    after: np.ndarray
    peak: np.ndarray
    most: np.ndarray
    weight: np.ndarray
    wrong: np.ndarray


def bets_of(
    clusters: np.ndarray, wrong: np.ndarray, *, cap: float, target: float, block_size: int = BLOCK_SIZE
) -> Bets:
    """List the bets of `clustered.ClusteredCertifier` on these labels at inclusion probability 1."""
    block = np.arange(clusters.size) // block_size
    _, first, group = np.unique(np.stack([block, clusters]), axis=1, return_index=True, return_inverse=True)
    order = np.argsort(first)  # of first draw
    count, bad = (np.bincount(group.ravel(), each)[order] for each in (np.ones(wrong.size), wrong))
    of = clusters[first[order]]
    sums = (bad - target * count) / cap
    peak, most = np.zeros(of.size), np.where(sums < 0, sums / np.maximum(count / cap, 1.0), sums)
    met = dict[int, tuple[float, float]]()
    comes_again = np.bincount(of)[of] > 1
    for i, cluster in zip(np.flatnonzero(comes_again).tolist(), of[comes_again].tolist(), strict=True):
        if cluster in met:
            had, peak[i] = met[cluster]
            sums[i] += had
            most[i] = max(peak[i], sums[i])
        met[cluster] = sums[i], most[i]
    after = (block[first[order]] + 1) * block_size
    return Bets(after, peak, most, count / cap, bad / cap)


def labels_until_proved(
    world: ClusterWorld,
    *,
    cap: float | None,
    runs: int,
    rng: np.random.Generator,
    target: float = 0.01,
    labels: int = 8000,
    planned: int = 2000,
    delta: float = 0.05,
    block_size: int = BLOCK_SIZE,
) -> np.ndarray:
    """Labels until a live test passed, shape (runs,); infinite if it did not.

    It is looked at after every bet. All runs are played in step, with the formulas of
    `clustered.ClusteredCertifier`.

    Args:
        cap: of the certifier that knows clusters; None plays the one that takes each label for a new one.
    """
    played = []
    for _ in range(runs):
        clusters, wrong = world.sample(labels, rng)
        if cap is None:
            clusters = np.arange(labels)
        played.append(bets_of(clusters, wrong, cap=cap or 1.0, target=target, block_size=block_size))
    own = wholesale_plan(target, labels=int(planned / (cap or 1)), delta=delta)
    return play_in_step(played, own)


def play_in_step(played: list[Bets], own: TestPlan) -> np.ndarray:
    """Labels until each run's wealth sufficed, shape (n_runs,); infinite if it did not."""
    game, runs, target = AnytimeCertifier(own), len(played), own.target
    longest = max(bets.most.size for bets in played)
    after, peak, most, weight, wrong = (
        np.stack([np.pad(getattr(bets, name), (0, longest - bets.most.size)) for bets in played], axis=1)
        for name in ("after", "peak", "most", "weight", "wrong")
    )
    constant, log_shares = certifying_bets(target), game._log_shares[0]
    wealth, passed = np.zeros((runs, constant.size + 1)), np.full(runs, np.inf)
    accepted, bad = np.zeros(runs), np.zeros(runs)
    for step in range(longest):
        planned = planned_bets(game._planned[0] - accepted, game._critical[0] - bad, target)
        bets = np.column_stack([np.broadcast_to(constant, (runs, constant.size)), planned])
        for sums, sign in ((most, 1), (peak, -1)):
            if sums[step].any():
                wealth += sign * np.log1p(-np.minimum(bets * sums[step][:, None], 1 - 1e-12))
        accepted += weight[step]
        bad += wrong[step]
        reached = log_mean_exp(wealth, log_shares) >= -np.log(own.delta)
        passed = np.where(reached & np.isinf(passed) & (weight[step] > 0), after[step], passed)
    return passed
