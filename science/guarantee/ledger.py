"""How much of the doubt each new certificate may use, so that all of them together keep within it.

Every model version that is tried for a certificate is another chance to be wrong. With 6 delta / (pi^2 v^2)
for the v-th attempt the sum over all attempts, however many, is delta. A test of fixed size spends its share
whether it passes or not; an anytime test of one frozen plan is one attempt however often it is looked at.

Source: the series is Euler's (1735); alpha-spending for an unbounded sequence of tests as in Foster and Stine
(2008).
"""

import math


def lifetime_delta(delta: float, attempt: int) -> float:
    """Error probability of the `attempt`-th certificate (from 1) under a lifetime promise.

    >>> round(lifetime_delta(0.05, 1), 4), round(sum(lifetime_delta(0.05, v) for v in range(1, 10_000)), 4)
    (0.0304, 0.05)
    """
    if attempt < 1:
        raise ValueError(f"attempt counts from 1, not {attempt}.")
    if not 0 < delta < 1:
        raise ValueError(f"delta must lie in (0, 1), not {delta}.")
    return 6 * delta / (math.pi**2 * attempt**2)
