"""Which of two proved models is to be in force: the fresher, where it automates about as much.

A certificate speaks of the time in which its labels were drawn. Keeping the one that automates most keeps
whichever was luckiest, as false certificates automate most, and keeps it while the world moves on: under slow
change a champion that was kept until somebody automated a point more was broken in 46 of 176 rounds, the new
certificates in none (ADR 0051).
"""

from dataclasses import dataclass
from math import hypot, sqrt

NOISE = 1.96  # standard errors of a difference that may be chance


@dataclass(frozen=True, slots=True)
class Standing:
    """What a certificate lets through.

    Attributes:
        automated: share of all traffic, in [0, 1].
        n_cases: cases of the sample that says so.
        proved_at: when it was proved, in any unit that grows.
    """

    automated: float
    n_cases: int
    proved_at: float

    @property
    def spread(self) -> float:
        """Standard error of the share."""
        return sqrt(self.automated * (1 - self.automated) / max(1, self.n_cases))


def takes_over(challenger: Standing, champion: Standing) -> bool:
    """Tell whether a proved challenger takes the place of a champion that no audit speaks against.

    >>> old = Standing(0.70, 2000, proved_at=1.0)
    >>> takes_over(Standing(0.69, 2000, proved_at=2.0), old)
    True
    >>> takes_over(Standing(0.60, 2000, proved_at=2.0), old)
    False
    """
    noise = NOISE * hypot(challenger.spread, champion.spread)
    return challenger.proved_at >= champion.proved_at and challenger.automated >= champion.automated - noise
