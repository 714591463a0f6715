"""How large an effect has to be, with the cases at hand, before it is more than chance."""

from __future__ import annotations

from math import nan, sqrt

from scipy import special

from science.drift.compare import Difference


def needed_effect(
    difference: Difference, level: float, *, is_ordered: bool, n_cells: int, dispersion: float = 1.0
) -> float:
    """Return the effect at which the p-value is about `level`; NaN where there are too few cases.

    Args:
        n_cells: how many cells hold a case, then or now.

    Notes:
        Of ordered cells by the limit of Kolmogorov's distribution. Of others the statistic grows with the
        square of the effect where its shape stays the same: so a difference of another shape may need more or
        less. It is drawn beside the effect; what decides is the p-value.
    """
    n, m = difference.n_then, difference.n_now
    if not difference.is_known or not n or not m:
        return nan
    if is_ordered:
        return min(1.0, float(special.kolmogi(level)) * sqrt(dispersion * (n + m) / (n * m)))
    if n_cells < 2:
        return 1.0
    critical = float(special.chdtri(n_cells - 1, level)) * dispersion
    if difference.statistic > 0 and difference.effect > 0:
        return min(1.0, difference.effect * sqrt(critical / difference.statistic))
    return min(1.0, sqrt(critical * (n + m) / (n * m)) / 2)
