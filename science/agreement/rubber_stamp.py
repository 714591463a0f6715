"""Whether somebody repeats the model's mistakes when its suggestion is shown."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from science.agreement.shares import Share, TooFew, estimated

MIN_CASES = 5


@dataclass(frozen=True, slots=True)
class RubberStamp:
    """P(agree | model wrong, shown) - P(agree | model wrong, blind), with a two-sided interval.

    `shown` and `blind` are the two shares. 0 means that seeing the suggestion changes nothing, 1 that every
    mistake of the model is repeated when it is shown and none when it is not.
    """

    index: float
    low: float
    high: float
    shown: Share
    blind: Share

    @property
    def is_raised(self) -> bool:
        """True when the interval lies above 0: more than chance would do."""
        return self.low > 0


def rubber_stamp_index(
    *,
    shown_agreed: int,
    shown_n: int,
    blind_agreed: int,
    blind_n: int,
    confidence: float = 0.95,
    least: int = MIN_CASES,
) -> RubberStamp | TooFew:
    """Compare how often somebody repeats the model's mistakes with and without sight of it.

    Interval: Newcombe, "Interval estimation for the difference between independent proportions" (Statistics
    in Medicine 17, 1998), method 10: Wilson intervals of both shares, joined. Assumes that cases are
    independent, that shown and blind cases are alike (the mode is drawn at random), and that it is known
    whatever the person said
    that the model was wrong: a case that is only looked at again when somebody disagrees must not be counted.

    Parameters
    ----------
    shown_n, blind_n: answers to cases on which the model is known to be wrong, with and without its
        suggestion.
    shown_agreed, blind_agreed: those of them that repeat the model's label.
    least: answers that each of the two shares needs.

    >>> found = rubber_stamp_index(shown_agreed=56, shown_n=70, blind_agreed=48, blind_n=80)
    >>> round(found.index, 3), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    for n, why in (
        (shown_n, "%(n)s of %(needed)s cases that the model got wrong with the suggestion shown"),
        (blind_n, "%(n)s of %(needed)s cases that the model got wrong answered blind"),
    ):
        if n < max(1, least):
            return TooFew(n, least, why)
    shown = estimated(shown_agreed, shown_n, confidence=confidence)
    blind = estimated(blind_agreed, blind_n, confidence=confidence)
    low, high = independent_difference(shown, blind)
    return RubberStamp(shown.value - blind.value, low, high, shown, blind)


def independent_difference(one: Share, other: Share) -> tuple[float, float]:
    """Return Newcombe's interval (1998, method 10) of the difference of two independent shares.

    >>> [round(end, 4) for end in independent_difference(estimated(9, 10), estimated(3, 10))]
    [0.1705, 0.809]
    """
    difference = one.value - other.value
    below = hypot(one.value - one.low, other.high - other.value)
    above = hypot(one.high - one.value, other.value - other.low)
    return max(-1.0, difference - below), min(1.0, difference + above)
