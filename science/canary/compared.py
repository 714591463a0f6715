"""Is one arm wrong more often than the other? An e-process that may be read after every label.

**The bet.** Take a block of n losses y of the canary and m losses x of the champion, all in [0, 1], and
stakes a, b >= 0 with ``n a = m b``. For a fixed number t the block multiplies wealth by

    product of (1 + a (y - t))  x  product of (1 - b (x - t)).

Suppose that the canary's risk, over the block's units, is at most the champion's. Units are independent, so
the expected factor is a product of n + m positive terms whose mean is
``1 + (n a (risk_canary - t) - m b (risk_champion - t)) / (n + m)
= 1 + n a (risk_canary - risk_champion) / (n + m) <= 1``.
By the inequality of the arithmetic and geometric mean the product is at most 1, *whatever both risks and t
are*. So neither risk need be known, wealth is a supermartingale that starts at 1, and it ever reaches 1/alpha
with probability at most alpha (Ville). For losses of 0 or 1 it is the test of Turner, Ly and Grunwald (2024),
"Generic e-variables for exact sequential k-sample tests", section 2; there the terms are likelihood ratios.

**The stakes** are those of an alternative: champion at p, canary at k p, for a few k that share the stake. p
comes of the champion's losses of *earlier* blocks; t is the mean of both rates by numbers, so ``n a = m b``.

**What is known of the champion already** (`history`, its draws from before the canary) is dealt out to the
canary's labels, in its order and by numbers fixed beforehand: a part of it tells p and is not bet on, and of
the rest half is dealt out with the canary's first `half` labels, half of what is left with as many more, and
so on. Early labels meet most of what is known, and late ones never meet nothing: dealt out evenly over a
stated number, history has run out for just the canaries that are a little worse, and take longest to be seen.

**What no such test can do.** The expected log of a block's factor is how far the labels lie from the pooled
rate (Kullback-Leibler), at most what it were beside a champion that is *known*: for 6 % beside 2 %, .0267 a
label. So nobody who may look at any moment sees that one in fewer than ``log(25) / .0267 = 120`` labels on
average; a champion with 2,000 audits lets it be seen in about 140, one without any in about three times as
many.

**Assumes** that units of a block are independent (draws of one group make one unit: the caller's work), that
whether something is drawn does not depend on whether it is wrong, and that the champion was over its history
as it is now. If the world became worse for both, history makes the canary look worse than it is, which rolls
back and harms nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from science.guarantee.betting import log_mean_exp
from science.guarantee.losses import check_losses

RATIOS = (2.0, 3.0, 5.0)  # how many times as wrong the canary may be, if it is worse
BLOCK = 5  # labels of the canary
_ONLY_TOLD = 0.15  # of the history is not bet on
_PRIOR_LABELS = 20
_RATE = (1e-4, 0.5)  # within which the champion's rate is believed to lie
_HIGHEST = 0.9


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, fixed before the canary's first label.

    Attributes:
        expected: the champion's error that is believed before anything is seen.
        history: its losses from before, in their order, shape (n_history,).
        half: with how many labels of the canary half of what is left of the history is dealt out.

    Raises:
        ValueError: a number is out of range.
    """

    expected: float
    history: Sequence[float] = ()
    half: int = 150

    def __post_init__(self) -> None:
        check_losses(np.asarray(self.history, dtype=np.float64))
        if not 0 < self.expected < 1:
            raise ValueError(f"expected must lie in (0, 1), not {self.expected}.")
        if self.half < 1:
            raise ValueError(f"half must be at least 1, not {self.half}.")

    def dealt(self, labels: int) -> int:
        """Return how much of the history has been told or dealt out by so many labels of the canary.

        >>> plan = Comparison(0.02, [0.0] * 1_000)
        >>> plan.dealt(0), plan.dealt(150), plan.dealt(300)
        (150, 575, 787)
        """
        told = int(_ONLY_TOLD * len(self.history))
        return told + int((len(self.history) - told) * (1 - 0.5 ** (labels / self.half)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the labels so far say.

    Attributes:
        e_value: now; `peak` is the largest so far, which decides.
        n_canary, wrong_canary: units of the canary that were bet on or wait for a block, and their losses.
        n_champion, wrong_champion: of the champion since the canary began; its history is not counted.
    """

    e_value: float
    peak: float
    n_canary: int
    wrong_canary: float
    n_champion: int
    wrong_champion: float


@dataclass(slots=True)
class _Game:
    """Wealth of the gamblers, one for each ratio, and what they believe of the champion."""

    bets: np.ndarray
    seen: float
    wrong: float
    log_wealth: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.log_wealth = np.zeros(self.bets.size)

    def play(self, canary: np.ndarray, champion: np.ndarray) -> float:
        p = float(np.clip(self.wrong / self.seen, *_RATE))
        n, m = canary.size, champion.size
        other = np.minimum(self.bets * p, _HIGHEST)
        middle = (n * other + m * p) / (n + m)
        spread = middle * (1 - middle)
        up, down = (other - middle) / spread, (p - middle) / spread
        self.log_wealth += np.log1p(up * (canary[:, None] - middle)).sum(0)
        self.log_wealth += np.log1p(down * (champion[:, None] - middle)).sum(0)
        self.seen, self.wrong = self.seen + m, self.wrong + float(champion.sum())
        return float(np.exp(log_mean_exp(self.log_wealth)))


def harm(plan: Comparison, is_canary: np.ndarray, losses: np.ndarray) -> Evidence:
    """Evidence that the canary is wrong more often than the champion.

    Args:
        is_canary: whose unit each is, in the order of their decisions, shape (n_units,).
        losses: in [0, 1], shape (n_units,).

    Raises:
        ValueError: lengths differ, or a loss is out of range or no number.

    >>> world = np.random.default_rng(1)
    >>> plan = Comparison(0.02, (world.random(2000) < 0.02).astype(float))
    >>> bad, good = (world.random(400) < 0.08).astype(float), (world.random(400) < 0.02).astype(float)
    >>> [harm(plan, np.ones(400, dtype=bool), arm).peak >= 20 for arm in (bad, good)]
    [True, False]
    """
    whose, x = np.asarray(is_canary, dtype=bool), check_losses(np.asarray(losses, dtype=np.float64))
    if whose.shape != x.shape:
        raise ValueError("is_canary and losses must be as many.")
    history = np.asarray(plan.history, dtype=np.float64)
    dealt = plan.dealt(0)
    game = _Game(
        np.array(RATIOS),
        dealt + _PRIOR_LABELS,
        float(history[:dealt].sum()) + plan.expected * _PRIOR_LABELS,
    )
    e_value = peak = 1.0
    canary: list[float] = []
    champion: list[float] = []
    met = 0
    for is_its, loss in zip(whose.tolist(), x.tolist(), strict=True):
        (canary if is_its else champion).append(loss)
        until = plan.dealt(met + len(canary))
        if len(canary) < BLOCK or (until == dealt and not champion):
            continue
        e_value = game.play(np.array(canary), np.concatenate([history[dealt:until], champion]))
        peak, met, dealt = max(peak, e_value), met + len(canary), until
        canary, champion = [], []
    n, wrong = int(whose.sum()), float(x[whose].sum())
    return Evidence(e_value, peak, n, wrong, len(x) - n, float(x.sum()) - wrong)


def breach(target: float, losses: np.ndarray) -> float:
    """Peak of the evidence that the canary's risk is above `target`: as `harm`, against a rate that is known.

    Raises:
        ValueError: the target or a loss is out of range.

    >>> breach(0.02, np.zeros(500)), breach(0.02, np.ones(5)) > 100
    (1.0, True)
    """
    if not 0 < target < 1:
        raise ValueError(f"target must lie in (0, 1), not {target}.")
    x = check_losses(np.asarray(losses, dtype=np.float64))
    if not x.size:
        return 1.0
    bets = (np.minimum(np.array(RATIOS) * target, _HIGHEST) - target).clip(min=0) / (target * (1 - target))
    wealth = log_mean_exp(np.log1p(bets * (x[:, None] - target)).cumsum(0))
    return float(np.exp(max(0.0, wealth.max())))
