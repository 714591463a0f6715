"""Certify while labels arrive in clusters: copies, campaigns, the cases of one speaker or customer.

Cases of one entity, or near-duplicates, share their fate: twelve copies of one mail are one observation, not
twelve. Betting on each as if it were new is no fair game, because the first copy tells the outcome of the
others. With a true risk of 1.05 % and 8,000 labels a promise of 1 % was "proved" in 18, 48 and 77 % of runs
with clusters of 2, 4 and 12 (ADR 0054).

**One bet a cluster and block.** Let S be the sum of ``w (x - target)`` over a cluster's accepted draws of one
block, w = floor / pi. If clusters are drawn alike and independently and their risk, cases counted alike, is
at least the target, then E[S] >= 0 whatever goes on inside a cluster. If the weights in a cluster sum to at
most c, then ``-c target <= S <= c (1 - target)``, and ``1 - b S / c`` with 0 <= b < 1 / (1 - target) is
positive with a mean of at most 1. Here c is `cap`, declared with the plan. In units of c every bet is as for
single labels, so the rest of `sequential` serves, with the planned number of labels divided by c. With c = 1
and clusters of one member each the wealth is that of `AnytimeCertifier`, to the last bit.

**The cap cannot be had for nothing.** A bet that depends on its own cluster's size (S / size) tests the
average *cluster*, which is another risk where large clusters are worse. And a stake above 1 / c must at times
be able to lose more than there is. In a world where single cases are right and one case in 1,000 begins a
campaign of ten wrong ones, whoever bets as if c were 1 has won before meeting the first campaign. Every bet
that is fair whenever E[S] >= 0 is at most some ``1 - b S / c`` with c the largest possible sum. So c is an
assumption where nothing enforces it. Where a cluster breaks it, the bet is played at its own size if it wins
and at c if it loses (all but a trillionth of what there is at most): that lies below a fair game as long as
large clusters are not worse than others, and `oversized` says how often it happened.

**Fewer draws make clusters small.** What must be capped are draws, not cases. `subsample` keeps at most a few
draws of a cluster and says with which probability each case's draw was made *and kept*; where that is lower,
so must `pi_floor` be. At pi = 1 keeping one of 12 costs a factor 12, as a cap of 12 does; at audits of 2 % it
costs a tenth.

**An entity that returns stays one cluster.** Given that it was right before, its next case is likelier right
than the risk says, so a second bet could be expected to win even if the promise is false. Nor may the first
bet be replaced by one on the sum of both: who stops at the better moment gains by it. (Two like cases: stop
after the first if it was wrong, after both if right; the mean is ``1 + b target (1 - target) / 2``.) So later
draws may only take: with S_k the sum after its k-th block and M_k the largest of S_1 ... S_k, a later block
multiplies wealth by ``(1 - b M_k / c) / (1 - b M_(k-1) / c) <= 1``. At any stopping time wealth is then at
most that of the first blocks alone, which is a fair game; with constant bets it is also at most the product
of ``1 - b S_k / c`` over clusters, so first meetings alone prove nothing where regulars are worse. "New" is
an entity without any earlier draw, accepted or not, since those tell of it as well.

Assumes that clusters are exchangeable, that pi and block borders do not look at outcomes of the same block,
and that every draw of a block is final.

Source: one bet a cluster is the product of e-values of independent units, Vovk and Wang (2021), section 4;
that bets linear in S are all there are: Clerico (2024), "On the optimality of coin-betting for mean
estimation"; inclusion probabilities of two stages as in Sarndal, Swensson and Wretman (1992), section 4.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from science.guarantee.grid import check_scores
from science.guarantee.losses import check_losses
from science.guarantee.planning import TestPlan
from science.guarantee.sequential import AnytimeCertifier
from science.guarantee.thinning import check_pi, thin
from science.guarantee.verdict import Verdict

_ALL_BUT = 1e-12  # of the wealth is the most that one cluster may take
_ROUNDING = 1e-9

Steps = list[list[float]]  # [first cutoff, S, M] from where on: sums are constant between draws' scores


@dataclass(slots=True)
class ClusteredCertifier:
    """`AnytimeCertifier` for draws that belong to clusters.

    Attributes:
        plan: what is tested.
        cap: largest sum of weights ``pi_floor / pi`` of one cluster's draws in one block, declared with the
            plan; at pi = 1 the largest number of its cases in a block.
        oversized: clusters that were larger.

    Raises:
        ValueError: the cap is below 1.

    >>> from science.guarantee.planning import plan
    >>> p = plan(np.ones(2000), np.arange(2000) % 500 == 0, target=0.05, delta=0.05, expected_labels=2000)
    >>> twins = ClusteredCertifier(p, cap=2)
    >>> for block in np.arange(1200).reshape(60, 20):
    ...     twins.add_block(np.ones(20), np.zeros(20), np.ones(20), (block // 2).tolist())
    >>> twins.verdict().status, twins.oversized
    ('certified', 0)
    """

    plan: TestPlan
    cap: float = 1.0
    oversized: int = field(init=False, default=0)
    _game: AnytimeCertifier = field(init=False, repr=False)
    _met: dict[Hashable, Steps] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.cap < np.inf:
            raise ValueError(f"cap must be at least 1, not {self.cap}: a cluster has at least one member.")
        self._game = AnytimeCertifier(self.plan)
        if self.cap > 1:  # played in units of the cap
            labels = int(self.plan.expected_labels / self.cap)
            units = AnytimeCertifier(replace(self.plan, expected_labels=labels))
            self._game._planned, self._game._critical = units._planned, units._critical
        self._met = {}

    def add_block(
        self,
        scores: np.ndarray,
        losses: np.ndarray,
        pi: np.ndarray,
        clusters: Sequence[Hashable],
    ) -> None:
        """Take in a closed block of final labels, in decision order; all or none.

        Args:
            scores, losses, pi: as for `AnytimeCertifier`, shape (n_draws,).
            clusters: of each draw, shape (n_draws,); None says that nothing is related to it, now or later.

        Raises:
            ValueError: something is out of range, or the lengths differ.
        """
        check_scores(scores)
        scores, x = np.asarray(scores, dtype=np.float64), check_losses(losses)
        weights = self.plan.pi_floor / check_pi(pi, self.plan.pi_floor)
        if not scores.size == x.size == weights.size == len(clusters):
            raise ValueError("scores, losses, pi and clusters must be as many.")
        together: dict[tuple[Hashable, int], list[int]] = {}
        for i, cluster in enumerate(clusters):  # those without a cluster are apart, each by itself
            together.setdefault((cluster, i if cluster is None else 0), []).append(i)
        for (cluster, _), members in together.items():
            steps = self._take(scores[members], x[members], weights[members], self._met.get(cluster))
            if cluster is not None:
                self._met[cluster] = steps

    def _take(self, scores: np.ndarray, x: np.ndarray, weights: np.ndarray, before: Steps | None) -> Steps:
        game, plan = self._game, self.plan
        size = game._grid.size
        first = np.maximum(size - np.searchsorted(game._grid[::-1], scores, side="right"), plan.start)
        weight, wrong, count = (
            _per_cutoff(first, each, size) for each in (weights, weights * x, 1.0 + 0 * x)
        )
        sums = _per_cutoff(first, weights * (x - plan.target), size) / self.cap
        self.oversized += bool(weight[-1] > self.cap * (1 + _ROUNDING))
        if before is None:
            over = np.maximum(weight / self.cap, 1.0)
            most = np.where(sums < 0, sums / over, sums)
            self._play(np.flatnonzero(count), most, None)
        else:
            had, peak = _spread(before, size)
            sums = had + sums
            most = np.maximum(peak, sums)
            self._play(np.flatnonzero(most > peak), most, peak)
        game._weight += float(weights.sum()) / self.cap
        game.n += count.astype(np.int64)
        game.wrong += _per_cutoff(first, x, size)
        game._accepted_weight += weight / self.cap
        game._wrong_weight += wrong / self.cap
        return _steps(sums, most)

    def _play(self, cutoffs: np.ndarray, most: np.ndarray, peak: np.ndarray | None) -> None:
        game = self._game
        playing = cutoffs[game.peak[cutoffs] < game._needed]
        if not playing.size:
            return
        bets = game.bets(playing)
        gains = _log_factor(bets, most[playing, None])
        if peak is not None:
            gains -= _log_factor(bets, peak[playing, None])
        game.gain(playing, gains)

    @property
    def log_wealth(self) -> np.ndarray:
        """As for `AnytimeCertifier`, shape (n_cutoffs, n_bets + 1)."""
        return self._game.log_wealth

    @property
    def peak(self) -> np.ndarray:
        """Largest log of the mixed wealth until it sufficed, shape (n_cutoffs,)."""
        return self._game.peak

    @property
    def n(self) -> np.ndarray:
        """Labels accepted by each cutoff, shape (n_cutoffs,)."""
        return self._game.n

    @property
    def wrong(self) -> np.ndarray:
        """Sum of their losses, shape (n_cutoffs,)."""
        return self._game.wrong

    @property
    def n_clusters(self) -> int:
        """How many clusters have been met, labels without a cluster aside."""
        return len(self._met)

    def verdict(self) -> Verdict:
        """What is proved by now; may be asked after every block."""
        return self._game.verdict()

    def to_json(self) -> dict[str, Any]:
        """State as plain values, with what is remembered of each cluster; the plan is stored apart."""
        met = [[cluster, steps] for cluster, steps in self._met.items()]
        return {"cap": self.cap, "oversized": self.oversized, "game": self._game.to_json(), "met": met}

    @classmethod
    def from_json(cls, plan: TestPlan, state: dict[str, Any]) -> "ClusteredCertifier":
        """The certifier that `to_json` described; clusters must be strings or integers."""
        restored = cls(plan, state["cap"])
        restored.oversized = state["oversized"]
        planned, critical = restored._game._planned, restored._game._critical
        restored._game = AnytimeCertifier.from_json(plan, state["game"])
        restored._game._planned, restored._game._critical = planned, critical
        restored._met = dict(state["met"])
        return restored


def _log_factor(bets: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.asarray(np.log1p(-np.minimum(bets * total, 1 - _ALL_BUT)))


def _per_cutoff(first: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Sum of the values that each cutoff accepts, shape (size,)."""
    return np.bincount(first, values, minlength=size + 1)[:size].cumsum()


def _steps(sums: np.ndarray, most: np.ndarray) -> Steps:
    changes = 1 + np.flatnonzero((np.diff(sums) != 0) | (np.diff(most) != 0))
    return [[int(j), float(sums[j]), float(most[j])] for j in (0, *changes)]


def _spread(steps: Steps, size: int) -> tuple[np.ndarray, np.ndarray]:
    begin, sums, most = np.array(steps).T
    times = np.diff([*begin, size]).astype(np.int64)
    return np.repeat(sums, times), np.repeat(most, times)


def kept_chance(size: int, *, floor: float, keep: int) -> float:
    """Probability that a draw is kept, where at most `keep` of a cluster's draws are.

    Args:
        size: cases of the cluster in the block, drawn or not.
        floor: probability with which each of them is drawn, independently of the others.

    >>> kept_chance(12, floor=1.0, keep=3), round(kept_chance(12, floor=0.02, keep=1), 3)
    (0.25, 0.897)
    """
    from scipy import stats  # here: a web process that shows a test's progress never pays for it

    if size <= keep:
        return 1.0
    drawn = 1 + np.arange(size)  # this one and so many of the others
    return float(stats.binom.pmf(drawn - 1, size - 1, floor) @ np.minimum(1.0, keep / drawn))


def subsample(
    clusters: Sequence[Hashable],
    pi: np.ndarray,
    sizes: np.ndarray,
    *,
    floor: float,
    keep: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Keep at most `keep` draws of each cluster of a block, at random, without sight of their losses.

    Clusters with more than `keep` cases are thinned to the floor first, so that how many are drawn does not
    depend on rates that rose meanwhile. A certifier of the rest has ``cap = keep`` and as its `pi_floor` at
    most ``floor * kept_chance(largest size)``.

    Args:
        clusters: of each draw, shape (n_draws,); None is a cluster of its own.
        pi: with which each was drawn, at least `floor`, shape (n_draws,).
        sizes: cases of each draw's cluster in the block, drawn or not, shape (n_draws,).

    Returns:
        Mask of what is kept, shape (n_draws,), and the probabilities of being drawn and kept.

    Raises:
        ValueError: keep is below 1, pi is out of range, or the lengths differ.

    >>> kept, pi = subsample(["a"] * 4, np.ones(4), np.full(4, 4), floor=1.0, keep=1,
    ...                      rng=np.random.default_rng(0))
    >>> int(kept.sum()), pi.tolist()
    (1, [0.25, 0.25, 0.25, 0.25])
    """
    if keep < 1:
        raise ValueError(f"keep must be at least 1, not {keep}.")
    pi, sizes = check_pi(pi, floor), np.asarray(sizes, dtype=np.int64)
    if not len(clusters) == pi.size == sizes.size:
        raise ValueError("clusters, pi and sizes must be as many.")
    large = sizes > keep
    kept = ~large | thin(pi, floor=floor, rng=rng)
    taken: dict[Hashable, int] = {}
    for i in rng.permutation(np.flatnonzero(large & kept)):
        taken[clusters[i]] = taken.get(clusters[i], 0) + 1
        kept[i] = taken[clusters[i]] <= keep
    chances = {int(size): kept_chance(int(size), floor=floor, keep=keep) for size in np.unique(sizes[large])}
    chance = np.array([chances.get(int(size), 1.0) for size in sizes])
    return kept, np.where(large, floor, pi) * chance
