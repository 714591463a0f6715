"""Reviewers miss errors, and a certificate must allow for it (ADR 0065).

A reviewer who agrees with a wrong decision out of habit hides it: of a true error e only e (1 - m) is seen.
Blind cases with a known answer, on which the model is known to be wrong, show how often that happens. The
miss rate m is bounded with part of delta, the test uses the rest and the stricter target alpha (1 - m_ucb).

A known-answer case is answered by one person. An audit that contradicts the model is answered by two or
three, so an error is missed if the first person misses it, or if the two others outvote the one who did not:
of a case that people miss with probability q, in q + (1 - q) q^2 of all readings. That is at most 1.25 q
whatever q is, so 1.25 times the bound of the mean covers it, also where cases differ (q = .5 on a fifth of
them gives .125; the formula at the mean, .109).

Reading agreeing audits twice does not replace this: 150 second reads without a miss only bound the missed
error at 2 %.

Source: misclassified binomial counts as in Bross (1954); the split of delta is a union bound.
"""

from dataclasses import dataclass

from science.guarantee.exact import upper_bound

_SHARE_FOR_MISSES = 0.2
OUTVOTED = 1.25  # largest ratio of what three people miss to what one misses: 1 + q - q^2 at q = 1/2


@dataclass(frozen=True, slots=True)
class Corrected:
    """The promise as the test must see it.

    Attributes:
        miss_bound: upper bound of the miss rate.
        target: alpha (1 - miss_bound).
        delta: what is left for the test.
    """

    miss_bound: float
    target: float
    delta: float


def correct_for_misses(
    missed: int, known_wrong: int, *, target: float, delta: float, share: float = _SHARE_FOR_MISSES
) -> Corrected:
    """Make a promise stricter by the share of errors that reviewers are known to miss.

    Args:
        missed: how many of the known-answer cases their first reader answered as the wrong model did.
        known_wrong: blind known-answer cases on which the model is known to be wrong, each counted once:
            people who read the same hard case do not miss it independently of each other.
        share: part of delta that is spent on the bound.

    Raises:
        ValueError: no known-answer case, or so many missed that nothing below 1 bounds the miss rate: then no
            certificate can be corrected for it.

    >>> c = correct_for_misses(0, 100, target=0.01, delta=0.05)
    >>> round(c.miss_bound, 4), round(c.target, 5), round(c.delta, 3)
    (0.0563, 0.00944, 0.04)
    """
    if known_wrong < 1:
        raise ValueError(
            "known_wrong must be at least 1: without known-answer cases nothing bounds the miss rate."
        )
    if not 0 <= missed <= known_wrong:
        raise ValueError(f"missed must lie in [0, known_wrong] = [0, {known_wrong}], not {missed}.")
    bound = OUTVOTED * float(upper_bound(missed, known_wrong, delta * share))
    if bound >= 1:
        raise ValueError("missed is too high of too few known_wrong: people may miss every error.")
    return Corrected(bound, target * (1 - bound), delta * (1 - share))
