"""The planned test for promotion: is the canary less than twice as wrong as the champion?

How many people may be asked is known before a canary begins, so the test that lets it take over looks once,
at a number of labels fixed beforehand: it needs fewer than a test that may be read at any moment, whose
freedom nobody uses here.

Given how many errors there were in both arms together, how they fall to the arms depends on the odds ratio
alone. So "the odds of an error are at least `worse` times those of the champion" is tested exactly, whatever
both risks are: Fisher (1935); noncentral hypergeometric distribution as in Agresti (2013), "Categorical Data
Analysis", section 16.5. At small risks odds are risks.
"""

import math
from dataclasses import dataclass

WORSE = 2.0
MIN_LABELS, MAX_LABELS = 100, 3_000  # of a plan


def p_value(wrong: int, n: int, champion_wrong: int, champion_n: int, *, worse: float = WORSE) -> float:
    """Chance of as few errors of the canary, or fewer, were its odds of an error `worse` times the
    champion's.

    Args:
        wrong, n: errors and labels of the canary, `champion_wrong`, `champion_n` of the champion.

    Raises:
        ValueError: more are wrong than there are.

    >>> round(p_value(20, 1000, 40, 2000), 3), p_value(40, 1000, 40, 2000) > 0.4, p_value(0, 0, 40, 2000)
    (0.007, True, 1.0)
    """
    from scipy import stats  # here: a web process that shows a canary never pays for it

    if not (0 <= wrong <= n and 0 <= champion_wrong <= champion_n) or not worse > 0:
        raise ValueError("wrong must lie in [0, n], in both arms, and worse above 0.")
    errors = wrong + champion_wrong
    if not n or not champion_n or not errors:
        return 1.0
    return float(stats.nchypergeom_fisher.cdf(wrong, n + champion_n, n, errors, worse))


@dataclass(frozen=True, slots=True)
class Planned:
    """How many labels of the canary the test waits for, and the chance that an equally good one passes it."""

    labels: int
    power: float


def plan(
    champion_wrong: float,
    champion_n: int,
    *,
    expected: float,
    alpha: float,
    power: float = 0.8,
    worse: float = WORSE,
) -> Planned:
    """Return how many labels give the wanted power, within `MIN_LABELS` and `MAX_LABELS`, and what power they
    give.

    The log of an odds ratio of few errors has about the variance 1 / errors of one arm + 1 / errors of the
    other (Woolf, 1955). Where the champion itself has few audits the power stays low however many of the
    canary are looked at.

    Args:
        champion_wrong, champion_n: its errors and labels so far; `expected` is its error believed beforehand,
        of 20 labels.

    >>> plan(40, 2000, expected=0.02, alpha=0.05).labels
    949
    >>> plan(0, 0, expected=0.02, alpha=0.05).power < 0.2
    True
    """
    from scipy import stats

    rate = (champion_wrong + 20 * expected) / (champion_n + 20)
    far = float(stats.norm.isf(alpha) + stats.norm.ppf(power))
    variance = (math.log(worse) / far) ** 2 - 1 / max(rate * champion_n, 1e-9)
    wanted = math.ceil(1 / (rate * variance)) if variance > 0 else MAX_LABELS
    labels = min(max(wanted, MIN_LABELS), MAX_LABELS)
    spread = math.sqrt(1 / (rate * labels) + 1 / max(rate * champion_n, 1.0))
    reached = float(stats.norm.sf(stats.norm.isf(alpha) - math.log(worse) / spread))
    return Planned(labels, reached)
