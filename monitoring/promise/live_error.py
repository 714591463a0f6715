"""How often the model is wrong now: a weighted estimate from blind labels, beside their plain average."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from uuid import UUID

import numpy as np
from django.db.models import Q

from cases.models import Label
from cases.types import NOT_LIVE
from models_store.models import Release
from monitoring.watch import draws
from monitoring.watch.draws import Drawn
from monitoring.watch.watched import ACCEPTED
from policy.models import Decision, Policy
from policy.proof.terms import costs_of
from science.decision_terms import Reason
from science.guarantee.estimates import Estimate, hajek

LONGEST, SHORTEST = timedelta(days=90), timedelta(hours=1)
MAX_LABELS = draws.MAX_DRAWN  # labels looked at
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LiveError:
    """What blind labels say of one release's decisions, in decision order up to the first open one.

    Attributes:
        accepted: loss among the cases that a cutoff accepted: what the promise is about.
        everything: loss among all cases that were scored, decided by people or not.
        naive, n_naive: plain share of wrong answers among all labelled cases, blind or not; NaN without any.
        since: decision time of the first case looked at; None where there is none.
        n_open: drawn cases of the window that somebody is still asked about.
        n_unanswered: late or lost ones; they count as wrong, in the lower ends as right.
        fair_a_day: labels a day, in equal-probability terms.
    """

    accepted: Estimate
    everything: Estimate
    naive: float
    n_naive: int
    since: datetime | None
    n_open: int
    n_unanswered: int
    fair_a_day: float

    @property
    def gap(self) -> float:
        """By how much the plain average overstates the error (negative: understates)."""
        return self.naive - self.everything.value


def live_error(policy: Policy, release: Release, *, now: datetime) -> LiveError:
    """Estimate from the labels of a window that begins anew; intervals hold at all of its moments (95 %).

    They are about the average over the window: what earlier moments ruled out may be true of later ones. A
    window that slid along would be a new one with every look, each with its own chance to miss the truth.

    Whoever shows how often the model is wrong now asks here: no page counts it in a way of its own.
    """
    workflow_id, release_id = policy.workflow_id, release.pk
    costs = dict(zip(release.labels, costs_of(policy, release.labels), strict=True))
    begins = _begins(workflow_id, release_id, now)
    accepted = _drawn(workflow_id, release_id, ACCEPTED, begins, now)
    everything = _drawn(workflow_id, release_id, list(Reason), begins, now)
    since = everything[0].at if everything else None
    wrong, n = _plain(workflow_id, release_id, since) if since else (0, 0)
    return LiveError(
        accepted=_estimate(accepted, costs),
        everything=_estimate(everything, costs),
        naive=wrong / n if n else float("nan"),
        n_naive=n,
        since=since,
        n_open=sum(one.is_open for one in everything),
        n_unanswered=sum(not one.is_final and not one.is_open for one in everything),
        fair_a_day=_fair_a_day(everything, now),
    )


def window_begins(now: datetime, longest: timedelta) -> datetime:
    """Return when the window of now began: half of `longest` to `longest` ago; it moves on by half of it.

    >>> window_begins(datetime(2020, 2, 1, tzinfo=UTC), timedelta(days=20)).date().isoformat()
    '2020-01-21'
    """
    half = longest / 2
    return _EPOCH + ((now - _EPOCH) // half - 1) * half


def _begins(workflow_id: UUID, release_id: UUID, now: datetime) -> datetime:
    """Return when the longest window of at most `MAX_LABELS` draws began; each is a third of the next."""
    rows = draws.scored(workflow_id, release_id, reasons=list(Reason))
    rows = rows.filter(Q(is_audited=True) | Q(is_blind=True))
    longest = LONGEST
    while longest > SHORTEST:
        begins = window_begins(now, longest)
        if rows.filter(decided_at__gte=begins)[: MAX_LABELS + 1].count() <= MAX_LABELS:
            return begins
        longest /= 3
    return window_begins(now, SHORTEST)


def _drawn(
    workflow_id: UUID, release_id: UUID, reasons: Sequence[str], begins: datetime, now: datetime
) -> list[Drawn]:
    """Return the drawn cases of the window, oldest first."""
    rows = draws.scored(workflow_id, release_id, reasons=reasons)
    rows = rows.filter(Q(is_audited=True) | Q(is_blind=True), decided_at__gte=begins)
    return draws.drawn_after(rows, None, until=now, now=now)


def _estimate(drawn: Sequence[Drawn], costs: Mapping[str, float]) -> Estimate:
    """Answers behind one that is waited for are left out: only disagreements wait for a second answer.

    What nobody settled counts as wrong, and as right in the lower end: who leaves errors unanswered must not
    make them vanish.
    """
    over = list(takewhile(lambda one: not one.is_open, drawn))
    cost = np.array([costs.get(one.predicted, 1.0) for one in over])
    chances = np.array([one.inclusion_probability for one in over])
    high = hajek(np.array([one.highest_loss for one in over]) * cost, chances)
    if all(one.is_final for one in over):
        return high
    low = hajek(np.array([one.lowest_loss for one in over]) * cost, chances)
    return replace(high, interval=replace(high.interval, low=low.interval.low))


def _plain(workflow_id: UUID, release_id: UUID, since: datetime) -> tuple[int, int]:
    """Count wrong and all among the latest labels that people gave, as if they were a fair sample."""
    labels = Label.objects.filter(workflow_id=workflow_id, superseded_at=None, at__gte=since)
    labels = labels.exclude(purpose__in=NOT_LIVE).order_by("-at")
    truth = dict(labels.values_list("case_id", "label")[:MAX_LABELS])
    routed = Decision.objects.filter(case_id__in=truth, sequence=0, release_id=release_id)
    said = dict(routed.exclude(predicted=None).order_by("epoch").values_list("case_id", "predicted"))
    return sum(truth[case_id] != label for case_id, label in said.items()), len(said)


def _fair_a_day(drawn: Sequence[Drawn], now: datetime) -> float:
    """Answers a day as if all had been drawn with the smallest chance among them."""
    lately = [one for one in drawn if one.at >= now - _WEEK and one.is_final]
    if not lately:
        return 0.0
    span = now - lately[0].at
    if len(drawn) < MAX_LABELS:
        span = min(_WEEK, max(span, timedelta(days=1)))
    least = min(one.inclusion_probability for one in lately)
    return float(
        sum(least / one.inclusion_probability for one in lately) / max(span / timedelta(days=1), 1 / 24)
    )
