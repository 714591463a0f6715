"""What the estimates of this package are made of: a share with its interval, and "not enough to tell"."""

from __future__ import annotations

from dataclasses import dataclass

from science.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class TooFew:
    """Nothing is estimated, for a reason; `n` of `needed` observations are there.

    The reason is a pattern, so that it can be said in another language.
    """

    n: int
    needed: int
    pattern: str

    @property
    def why(self) -> str:
        """The reason, in English."""
        return self.pattern % {"n": self.n, "needed": self.needed}


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` with a two-sided interval of the share behind them."""

    hits: int
    n: int
    value: float
    low: float
    high: float


def share(hits: int, n: int, *, confidence: float = 0.95, least: int = 1) -> Share | TooFew:
    """Estimate a share from `hits` of `n` independent observations, with Wilson's interval (1927).

    Fewer than `least` observations estimate nothing.

    Raises
    ------
    ValueError: more hits than observations, or a negative count.

    >>> found = share(9, 10)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.9, 0.596, 0.982)
    >>> share(1, 2, least=5)
    TooFew(n=2, needed=5, pattern='%(n)s of the %(needed)s observations that an estimate needs')
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no count")
    if n < max(1, least):
        needed = max(1, least)
        return TooFew(n, needed, "%(n)s of the %(needed)s observations that an estimate needs")
    return estimated(hits, n, confidence=confidence)


def estimated(hits: int, n: int, *, confidence: float = 0.95) -> Share:
    """Return the share of at least one observation with Wilson's interval, however wide that is."""
    low, high = wilson_interval(hits / n, n, confidence)
    return Share(hits, n, hits / n, low, high)
