"""Why is not more automated, and what would change that: more labels, a looser promise, or a better model.

These are predictions from the present labels; no certificate rests on them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from django.utils.translation import gettext

from hitl.shared.numbers import number
from hitl.shared.words import Words, figure
from hitl.web.format import percent
from policy.models import Policy
from policy.proof.proofs import Sample, Terms
from policy.types import Scope
from policy.web.curves import Point
from policy.web.curves import Unit as Curve
from science.guarantee.exact import critical_count
from science.guarantee.planning import TestPlan, expected_automation, labels_needed, plan, reachable_target

MULTIPLES = (1, 2, 4, 10)
LOOSER = (1.5, 2.0, 3.0)
WORTH = 0.03  # of all cases: less is not worth waiting for
ALL_BUT = 0.005  # of all cases: as good as everything
_N_CUTOFFS = 60
_FAR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Step:
    """What would probably be automated with this many labels in all."""

    labels: int
    missing: int
    automation: float
    by: datetime | None


@dataclass(frozen=True, slots=True)
class Looser:
    """What a looser promise would probably automate, with the labels there are."""

    target: float
    automation: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """One unit of the promise.

    Attributes:
        automation: share of the unit's cases that the certificate's cutoff accepts now; 0 without one.
        why: what stopped the walk, in words.
        advice: what would help most, in words.
        missing: labels that are probably missing for something worth having; None where none would do.
        reachable: smallest target that the present labels would probably prove; None where none is.
    """

    label: str | None
    n_labels: int
    automation: float
    why: str
    advice: str
    missing: int | None
    by: datetime | None
    reachable: float | None
    steps: Sequence[Step]
    looser: Sequence[Looser]

    @property
    def words(self) -> str:
        """What people call the unit."""
        return gettext("All labels") if self.label is None else self.label

    @property
    def has_more(self) -> bool:
        """Whether there is anything left to gain."""
        return bool(self.steps) and self.automation < 1 - ALL_BUT


def outlooks(
    sample: Sample,
    curves: Sequence[Curve],
    *,
    policy: Policy,
    terms: Terms,
    labels: Sequence[str],
    fair_a_day: float,
    now: datetime,
) -> list[Outlook]:
    """Return an outlook for each unit of the promise.

    Args:
        curves: the units' curves, in the order of the units, with the points that are certified marked.
        terms: what must be tested so that the promise holds.
        fair_a_day: labels a day to be expected, in equal-probability terms; 0 when nobody answers.
    """
    each = terms.delta / max(1, len(curves))
    losses = sample.losses(np.array(terms.costs))
    found = []
    for curve in curves:
        own = np.ones(len(sample), dtype=bool)
        if policy.scope == Scope.PER_LABEL and curve.label is not None:
            own = sample.predicted == list(labels).index(curve.label)
        if not own.any():
            found.append(_unseen(curve.label))
            continue
        drafted = plan(
            sample.scores[own],
            losses[own],
            target=terms.target,
            delta=each,
            expected_labels=max(1, int(own.sum())),
            n_cutoffs=_N_CUTOFFS,
        )
        rate = fair_a_day * float(own.mean()) if len(sample) else 0.0
        found.append(_outlook(curve, drafted, rate=rate, now=now))
    return found


def _unseen(label: str | None) -> Outlook:
    why = Words("The model predicts this label for no labelled case.")
    advice = Words("More labelled cases of this kind.")
    return Outlook(label, 0, 0.0, why, advice, None, None, None, (), ())


def _outlook(curve: Curve, drafted: TestPlan, *, rate: float, now: datetime) -> Outlook:
    n = curve.n_labels
    certified = [point for point in curve.points if point.is_covered]
    now_share = certified[-1].automation if certified else 0.0
    steps = [_step(drafted, n, multiple, now_share, rate, now) for multiple in MULTIPLES]
    needed = None if certified else labels_needed(drafted)
    worth = next((s for s in steps[1:] if s.automation >= now_share + WORTH), None) if certified else None
    missing = worth.missing if worth else max(0, needed - n) if needed is not None else None
    looser = [
        Looser(
            drafted.target * times,
            max(now_share, _expected(replace(drafted, target=drafted.target * times))),
        )
        for times in LOOSER
        if drafted.target * times < 0.5
    ]
    return Outlook(
        label=curve.label,
        n_labels=n,
        automation=now_share,
        why=_why(curve.points, certified, n, drafted),
        advice=_advice(now_share, missing, worth, looser, is_certified=bool(certified)),
        missing=missing,
        by=_by(missing, rate, now),
        reachable=None if certified else reachable_target(drafted),
        steps=steps,
        looser=looser,
    )


def _step(drafted: TestPlan, n: int, multiple: int, proved: float, rate: float, now: datetime) -> Step:
    """With the labels there are, what is proved is known; with more, no less is to be expected."""
    labels = n * multiple
    share = _expected(replace(drafted, expected_labels=max(1, labels)))
    share = proved if multiple == 1 else max(proved, share)
    return Step(labels, labels - n, share, _by(labels - n, rate, now))


@lru_cache(maxsize=512)
def _expected(plan: TestPlan) -> float:
    """Remembered, because a page is looked at more often than its labels change."""
    return expected_automation(plan)


def _by(missing: int | None, rate: float, now: datetime) -> datetime | None:
    """When so many more labels will have come in, at the present rate; None: not within ten years."""
    if missing is None or rate <= 0:
        return None
    wait = timedelta(days=min(missing / rate, 1e6))
    return now + wait if wait < _FAR else None


def _why(points: Sequence[Point], certified: Sequence[Point], n: int, drafted: TestPlan) -> str:
    if not certified:
        return Words(
            "No cutoff is proved: there are too few labels, or too many of the surest predictions are wrong."
        )
    last = certified[-1]
    behind = [point for point in points if point.cutoff < last.cutoff and point.n > last.n]
    if not behind or last.automation >= 1 - ALL_BUT:
        return Words("Every labelled case is accepted already.")
    point = behind[0]
    most = int(critical_count(np.array([point.n]), drafted.target, drafted.delta)[0])
    found = {"cutoff": figure(last.cutoff, ".6g"), "wrong": point.wrong, "n": point.n}
    if point.wrong <= most:
        return Words(
            "The proof ends at cutoff %(cutoff)s: the next lower one, %(wrong)s of %(n)s labelled cases"
            " wrong, was not tested, or failed on the labels that tested it.",
            **found,
        )
    if most < 0:
        return Words(
            "The proof stopped at cutoff %(cutoff)s. At the next lower one, %(wrong)s of %(n)s labelled cases"
            " were wrong; with so few labels, not even none wrong would prove it.",
            **found,
        )
    return Words(
        "The proof stopped at cutoff %(cutoff)s. At the next lower one, %(wrong)s of %(n)s labelled cases"
        " were wrong; with so many labels, at most %(most)s may be.",
        **found,
        most=most,
    )


def _advice(
    automation: float,
    missing: int | None,
    worth: Step | None,
    looser: Sequence[Looser],
    *,
    is_certified: bool,
) -> str:
    if automation >= 1 - ALL_BUT:
        return Words("Nothing is left to gain.")
    if is_certified and worth is not None:
        return Words(
            "More blind labels: %(missing)s more would probably bring it to %(share)s.",
            missing=worth.missing,
            share=percent(worth.automation, 0),
        )
    if not is_certified and missing is not None:
        return Words(
            "More blind labels: about %(missing)s more would probably prove a first cutoff.", missing=missing
        )
    best = next((one for one in looser if one.automation >= automation + WORTH), None)
    if best is not None:
        return Words(
            "A better model, or a looser promise: labels alone would change little, at most %(target)s wrong"
            " would probably automate %(share)s.",
            target=f"{number(100 * best.target, '.3g')} %",
            share=percent(best.automation, 0),
        )
    return Words("A better model: neither more labels nor a somewhat looser promise would change much.")


def planned_by(missing: float, rate: float, now: datetime) -> datetime | None:
    """When a trial will probably have its planned labels, at `rate` labels a day."""
    return now if missing <= 0 else _by(math.ceil(missing), rate, now)
