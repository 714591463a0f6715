"""What an alarm would have done under other terms, on windows that were read already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from science.drift.findings import Persistence

CANDIDATES = (0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Smallest differences of interest that are tried."""


@dataclass(frozen=True, slots=True)
class Read:
    """One window as it was read.

    Attributes:
        value: size of the difference, in [0, 1].
        q_value, threshold: NaN where too little was known.
    """

    value: float
    q_value: float = nan
    threshold: float = nan

    @property
    def is_known(self) -> bool:
        """Whether there were enough cases to say anything."""
        return self.threshold == self.threshold


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an alarm, as far as they can be tried.

    Attributes:
        rate: of false discoveries.
        least_effect: smallest difference of interest.
        clears_at: share of the threshold below which it clears.
    """

    rate: float
    least_effect: float
    persistence: Persistence
    clears_at: float


def episodes(windows: Sequence[Read], terms: Terms) -> list[tuple[int, int]]:
    """Return the stretches in which an alarm would have stood: first and last window of each, oldest first.

    It holds for terms at least as strict as those under which the windows were read: a threshold that chance
    sets is known only where it lies above what was of interest then.
    """
    found: list[tuple[int, int]] = []
    lately: list[bool | None] = []
    begun: int | None = None
    for place, one in enumerate(windows):
        differs = one.q_value <= terms.rate and one.value >= terms.least_effect if one.is_known else None
        lately = [*lately, differs][-terms.persistence.of :]
        holds = terms.persistence.holds(lately)
        limit = terms.clears_at * max(terms.least_effect, one.threshold)
        if begun is None and holds and differs is not None:
            begun = place
        elif begun is not None and differs is not None and not holds and one.value < limit:
            found.append((begun, place - 1))
            begun = None
    return [*found, (begun, len(windows) - 1)] if begun is not None else found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What terms would have done.

    Attributes:
        fired: alarms.
        false: of these, alarms that stood in no incident.
        caught, incidents: incidents in which one stood, and all there were.
    """

    fired: int
    false: int
    caught: int
    incidents: int

    @property
    def catches_all(self) -> bool:
        """Whether no incident was missed."""
        return self.caught == self.incidents


def outcome(windows: Sequence[Read], terms: Terms, incidents: Sequence[tuple[int, int]]) -> Outcome:
    """Try terms on windows; incidents are first and last window of what was really wrong."""
    rose = episodes(windows, terms)

    def meets(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one[0] <= other[1] and other[0] <= one[1]

    false = sum(not any(meets(one, incident) for incident in incidents) for one in rose)
    caught = sum(any(meets(one, incident) for one in rose) for incident in incidents)
    return Outcome(len(rose), false, caught, len(incidents))


def better(
    windows: Sequence[Read], terms: Terms, incidents: Sequence[tuple[int, int]]
) -> tuple[Terms, Outcome] | None:
    """Return stricter terms that catch every incident with the fewest false alarms, the loosest of these.

    None where no terms do better than those at hand.
    """
    best, present = None, outcome(windows, terms, incidents)
    fewest = present.false
    for least in CANDIDATES:
        if least <= terms.least_effect:
            continue
        tried = Terms(terms.rate, least, terms.persistence, terms.clears_at)
        result = outcome(windows, tried, incidents)
        if result.caught >= present.caught and result.false < fewest:
            best, fewest = (tried, result), result.false
    return best
