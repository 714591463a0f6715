"""Draw the cases on which a challenger differs: all that the day's share of people's time allows, then a few.

How many count is fixed before a case is looked at: from the draws of the day so far, for the next few cases.
Where not all count, which ones do is a keyed hash of the case, agreements and disagreements alike: what is
left out of the evidence is left out whole (ADR 0051).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction

from models_store.models import ShadowProgress
from models_store.selectors import training_settings
from monitoring.shadow.compared import Compared, Cutoffs, Place, compared
from monitoring.shadow.scoring import is_scored
from policy.models import DisagreementDraw, HandoverTrial

AT_ONCE = 100  # cases for which one rate holds
BEYOND = 0.1  # rate once the day's disagreements have been drawn


def draw_disagreements(workflow_id: UUID, *, now: datetime) -> int:
    """Draw in what has been scored since the last run, for every open handover; return how many cases."""
    drawn = 0
    for pk in HandoverTrial.objects.filter(workflow_id=workflow_id, ended_at=None).values_list(
        "pk", flat=True
    ):
        while (found := _draw_next(pk, now)) is not None:
            drawn += found
    return drawn


@transaction.atomic
def _draw_next(pk: UUID, now: datetime) -> int | None:
    """Draw in the next cases of one handover; None when there are none, or another worker is at it."""
    trial = (
        HandoverTrial.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("champion")
        .filter(pk=pk, ended_at=None)
        .first()
    )
    progress = ShadowProgress.objects.filter(pk=trial.release_id).first() if trial else None
    if trial is None or progress is None or progress.cursor_at is None or progress.cursor_case is None:
        return None
    settings = training_settings(trial.workflow_id)
    rows = [
        one
        for one in compared(
            trial.workflow_id,
            trial.release_id,
            cutoffs_of(trial),
            drawn_until(trial),
            until=progress.cursor_at,
            most=AT_ONCE,
        )
        if one.place <= (progress.cursor_at, progress.cursor_case)
    ]
    if not rows:
        return None
    rate = _rate(trial.workflow_id, settings.disagreements_a_day, now)
    if not trial.rates or trial.rates[-1][2] != rate:
        behind = drawn_until(trial) or (trial.frozen_at, UUID(int=0))
        trial.rates.append([behind[0].isoformat(), str(behind[1]), rate])
    share = settings.shadow_share / 100
    differing = [one for one in rows if one.differs and one.uniform < rate and is_scored(one.case_id, share)]
    drawn = _remember(trial, differing, rate, now)
    trial.drawn_at, trial.drawn_case = rows[-1].place
    trial.save(update_fields=["rates", "drawn_at", "drawn_case"])
    return drawn


def counts(trial: HandoverTrial, one: Compared) -> bool:
    """Tell whether a case counts as evidence: its draw is below the rate that was fixed for it beforehand."""
    rate = 1.0
    for at, case_id, stated in trial.rates:
        if (datetime.fromisoformat(at), UUID(case_id)) < one.place:
            rate = stated
    return one.uniform < rate


def cutoffs_of(trial: HandoverTrial) -> Cutoffs:
    """Return the cutoffs that a handover froze."""
    return Cutoffs(trial.champion, trial.champion_cutoffs, trial.cutoffs)


def drawn_until(trial: HandoverTrial) -> Place:
    """Return how far cases have been drawn; before the first, from the freeze on."""
    if trial.drawn_at is None or trial.drawn_case is None:
        return trial.frozen_at, UUID(int=0)
    return trial.drawn_at, trial.drawn_case


def _rate(workflow_id: UUID, a_day: int, now: datetime) -> float:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    draws = DisagreementDraw.objects.filter(
        workflow_id=workflow_id, drawn_at__gte=today, drawn_at__lt=today + timedelta(days=1)
    )
    return 1.0 if draws.count() < a_day else BEYOND


def _remember(trial: HandoverTrial, differing: Sequence[Compared], rate: float, now: datetime) -> int:
    """Write the draws; a case that another challenger has brought in already is judged by both."""
    new = 0
    earlier = {
        draw.case_id: draw
        for draw in DisagreementDraw.objects.filter(pk__in=[one.case_id for one in differing])
    }
    for one in differing:
        labels = [label for label in (one.champion, one.challenger) if label is not None]
        draw = earlier.get(one.case_id)
        if draw is None:
            DisagreementDraw.objects.create(
                case_id=one.case_id,
                workflow_id=trial.workflow_id,
                labels=labels,
                inclusion_probability=rate,
                uniform=one.uniform,
                routed_at=one.at,
                drawn_at=now,
            )
            new += 1
        elif not set(labels) <= set(draw.labels):
            # Asked again: an answer that agreed with the first may differ from this one.
            DisagreementDraw.objects.filter(pk=draw.pk).update(
                labels=sorted({*draw.labels, *labels}), asked_at=None
            )
    return new
