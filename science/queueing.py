"""A queue worked off in order of arrival at a steady pace: how long it grows, and who waits too long."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Queue:
    """What a queue would have been.

    Attributes:
        longest: most cases that waited at once.
        median_wait, p90_wait: seconds from arrival to answer; NaN where nothing arrived, infinite where
            nobody answers.
        late: cases answered later than they were due.
        left: cases that waited still when the last one arrived.
    """

    longest: int
    median_wait: float
    p90_wait: float
    late: int
    left: int


def waits(arrivals: np.ndarray, *, per_hour: float, due_seconds: float) -> Queue:
    """Work cases off in order of arrival, one every ``3600 / per_hour`` seconds.

    The recursion of Lindley (1952) for a single server, ``f_i = max(a_i, f_(i-1)) + s``, written as
    ``f_i = s (i + 1) + max over j <= i of (a_j - s j)``, so that a running maximum computes it.

    Args:
        arrivals: sorted POSIX seconds, shape (n_cases,).
        per_hour: answers an hour.
        due_seconds: from when a case counts as late.

    Raises:
        ValueError: arrivals are not sorted, or the pace is negative or missing.

    >>> waits(np.array([0.0, 0.0, 0.0]), per_hour=3600, due_seconds=2)
    Queue(longest=3, median_wait=2.0, p90_wait=2.8, late=1, left=3)
    """
    a = np.asarray(arrivals, dtype=np.float64)
    if not per_hour >= 0:
        raise ValueError(f"per_hour must not be negative: {per_hour}.")
    if np.any(np.diff(a) < 0):
        raise ValueError("arrivals must be sorted.")
    n = a.size
    if n == 0:
        return Queue(0, float("nan"), float("nan"), 0, 0)
    if per_hour == 0:
        return Queue(n, float("inf"), float("inf"), n, n)
    s = 3600 / per_hour
    place = np.arange(n)
    finish = s * (place + 1) + np.maximum.accumulate(a - s * place)
    waited = finish - a
    # At each arrival: those that have come, less those that are done by then.
    waiting = place + 1 - np.searchsorted(finish, a, side="right")
    median, p90 = np.quantile(waited, (0.5, 0.9))
    return Queue(
        longest=int(waiting.max()),
        median_wait=float(median),
        p90_wait=float(p90),
        late=int((waited > due_seconds).sum()),
        left=int(waiting[-1]),
    )
