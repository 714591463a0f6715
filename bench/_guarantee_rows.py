"""Rows of shares and means, with their 95 % intervals."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import stats

from hitl.bench.rows import Row
from science.guarantee.exact import lower_bound, upper_bound


def share(name: str, happened: np.ndarray, **facts: Any) -> Row:
    """Return how often something happened, in %, with its Clopper-Pearson interval."""
    n, k = happened.size, float(happened.sum())
    low, high = (float(bound(k, n, 0.025)) for bound in (lower_bound, upper_bound))
    return Row(name, "%", 100 * k / n, 100 * low, 100 * high, **_noted(n, facts))


def mean(name: str, unit: str, values: np.ndarray, **facts: Any) -> Row:
    """Return a mean with its normal interval."""
    half = 1.96 * float(values.std(ddof=1)) / np.sqrt(values.size) if values.size > 1 else 0.0
    middle = float(values.mean())
    return Row(name, unit, middle, middle - half, middle + half, **_noted(values.size, facts))


def quantile(name: str, unit: str, values: np.ndarray, q: float, **facts: Any) -> Row:
    """Return a quantile with its interval from order statistics."""
    ordered = np.sort(values)
    ranks = stats.binom.ppf([0.025, 0.975], values.size, q).astype(int).clip(0, values.size - 1)
    at = float(np.quantile(ordered, q, method="higher"))
    return Row(
        name, unit, at, float(ordered[ranks[0]]), float(ordered[ranks[1]]), **_noted(values.size, facts)
    )


def broken(how: str, cells: Sequence[tuple[str, np.ndarray]], delta: float) -> Iterator[Row]:
    """Rows of false certificates: all cells together, and the worst against what chance allows it."""
    together = np.concatenate([false for _, false in cells])
    yield share(f"false certificates, {how}, {len(cells)} cells pooled", together, bar=100 * delta)
    over = [name for name, false in cells if false.sum() > stats.binom.ppf(0.9999, false.size, delta)]
    worst, false = max(cells, key=lambda pair: pair[1].mean())
    yield Row(
        f"  cells beyond binom.ppf(.9999), {how}",
        "cells",
        len(over),
        bar=0,
        note=f"worst: {worst}, {int(false.sum())} of {false.size:,} = {false.mean():.2%}"
        + (f"; beyond: {'; '.join(over)}" if over else ""),
    )


def _noted(n: int, facts: dict[str, Any]) -> dict[str, Any]:
    note = facts.pop("note", "")
    return {**facts, "note": f"{n:,} runs{'; ' if note else ''}{note}"}
