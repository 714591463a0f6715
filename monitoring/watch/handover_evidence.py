"""Feed a handover: the champion's audits from before the freeze, then every case since, in order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db.models import Q

from monitoring.shadow.compared import Compared, compared
from monitoring.shadow.drawing import counts, cutoffs_of
from monitoring.shadow.scoring import is_scored
from monitoring.watch.draws import changed_since
from monitoring.watch.truth import Truth, known_of
from monitoring.watch.watched import WatchedWorkflow
from policy.models import Decision, DisagreementDraw, HandoverTrial
from science.guarantee.handover import Handover

AT_ONCE = 2_000
_FIRST = UUID(int=0)


def inherit(trial: HandoverTrial, handover: Handover, watched: WatchedWorkflow) -> bool:
    """Take in the champion's audits from before the freeze; False while one of them is open.

    What nobody has answered in time, or can answer any more, counts as wrong.
    """
    rows = Decision.objects.filter(
        workflow_id=trial.workflow_id,
        sequence=0,
        epoch=1,
        decided_at__gte=trial.window_from,
        decided_at__lt=trial.frozen_at,
    )
    drawn = rows.filter(Q(is_audited=True) | Q(is_blind=True), release_id=trial.champion_id)
    audits = list(
        drawn.filter(_accepted(trial))
        .order_by("decided_at", "case_id")
        .values_list("case_id", "predicted", "inclusion_probability")
    )
    said = {case_id: str(label) for case_id, label, _ in audits}
    truths = judged(said, watched.now)
    if any(truth is Truth.OPEN for truth, _ in truths.values()):
        return False
    losses = [truths[case_id][1] * watched.costs[said[case_id]] for case_id, _, _ in audits]
    handover.inherit(rows.count(), np.array(losses), np.array([pi for _, _, pi in audits], dtype=np.float64))
    trial.n_overdue += sum(truth is not Truth.FINAL and loss > 0 for truth, loss in truths.values())
    return True


def _accepted(trial: HandoverTrial) -> Q:
    """Return what the champion's frozen cutoffs accept."""
    accepted = Q(pk__in=[])
    for label, cutoff in trial.champion_cutoffs.items():
        accepted |= Q(release_id=trial.champion_id, predicted=label, score__gte=cutoff)
    return accepted


def feed(
    trial: HandoverTrial,
    handover: Handover,
    watched: WatchedWorkflow,
    *,
    until: tuple[datetime, UUID] | None,
) -> None:
    """Take in cases in their order up to the first whose answer is open."""
    if until is None:
        return
    if trial.state is None and not handover.champion.cases and not inherit(trial, handover, watched):
        return
    share = trial.evidence["shadow_share"] / 100
    while True:
        place = (
            (trial.cursor_at, trial.cursor_case)
            if trial.cursor_at and trial.cursor_case
            else (trial.frozen_at, _FIRST)
        )
        rows = compared(
            trial.workflow_id,
            trial.release_id,
            cutoffs_of(trial),
            place,
            until=min(until[0], watched.until),
            most=AT_ONCE,
        )
        rows = [one for one in rows if one.place <= until]
        evidence = [one for one in rows if is_scored(one.case_id, share) and counts(trial, one)]
        truths = _truths(evidence, watched)
        waits = next((one for one in evidence if truths.is_open(one)), None)
        ready = rows if waits is None else [one for one in rows if one.place < waits.place]
        if ready:
            _take(trial, handover, [one for one in evidence if one.place <= ready[-1].place], truths, watched)
            trial.cursor_at, trial.cursor_case = ready[-1].place
        if waits is not None or len(rows) < AT_ONCE:
            return


class _Truths:
    """What is known of the cases of a block: by the challenger's label where it differs, by the champion's
    where its own draw asked."""

    def __init__(
        self,
        of_challenger: Mapping[UUID, tuple[Truth, float]],
        of_champion: Mapping[UUID, tuple[Truth, float]],
        asked: set[UUID],
    ) -> None:
        self.of_challenger, self.of_champion, self.asked = of_challenger, of_champion, asked

    def is_open(self, one: Compared) -> bool:
        """Whether an answer about the case may still come."""
        if one.case_id in self.of_challenger and (
            one.case_id not in self.asked or self.of_challenger[one.case_id][0] is Truth.OPEN
        ):
            return True
        return one.case_id in self.of_champion and self.of_champion[one.case_id][0] is Truth.OPEN


def _truths(evidence: Sequence[Compared], watched: WatchedWorkflow) -> _Truths:
    differing = {
        one.case_id: one.challenger
        for one in evidence
        if one.differs and one.challenger is not None and not one.is_lost
    }
    audited = {one.case_id: one.champion for one in evidence if one.is_drawn and one.champion is not None}
    asked = DisagreementDraw.objects.filter(pk__in=differing, asked_at__isnull=False)
    return _Truths(
        judged(differing, watched.now),
        judged(audited, watched.now),
        set(asked.values_list("pk", flat=True)),
    )


def _take(
    trial: HandoverTrial,
    handover: Handover,
    block: Sequence[Compared],
    truths: _Truths,
    watched: WatchedWorkflow,
) -> None:
    """Add a block. A case of which no score is left counts as one that the challenger gets wrong."""
    if not block:
        return
    wrong = np.zeros(len(block))
    for i, one in enumerate(block):
        if one.is_lost:
            wrong[i] = 1.0
        elif one.differs and one.challenger is not None:
            truth, loss = truths.of_challenger[one.case_id]
            wrong[i] = loss * watched.costs[one.challenger]
            trial.n_overdue += truth is not Truth.FINAL and loss > 0
    audits = [one for one in block if one.case_id in truths.of_champion]
    handover.add_block(
        np.array([one.is_lost or one.challenger is not None for one in block], dtype=bool),
        np.array([one.is_lost or one.differs for one in block], dtype=bool),
        wrong,
        np.array(
            [truths.of_champion[one.case_id][1] * watched.costs[str(one.champion)] for one in audits],
            dtype=np.float64,
        ),
        np.array([one.inclusion_probability for one in audits], dtype=np.float64),
        before=handover.challenger.cases,
    )


def has_changed(trial: HandoverTrial, watched: WatchedWorkflow) -> bool:
    """Whether a label that was taken in has been given, amended, voided or taken back since."""
    if trial.state is None:
        return False
    read = Decision.objects.filter(
        workflow_id=trial.workflow_id,
        sequence=0,
        decided_at__gte=trial.window_from,
        decided_at__lte=trial.cursor_at or trial.frozen_at,
    )
    drawn = DisagreementDraw.objects.filter(workflow_id=trial.workflow_id).values("pk")
    audits = _accepted(trial) & (Q(is_audited=True) | Q(is_blind=True))
    read = read.filter(audits | Q(case_id__in=drawn))
    changed = changed_since(trial.workflow_id, since=trial.read_at, margin=watched.settle)
    return any(read.filter(case_id__in=some).exists() for some in changed)


def judged(predicted: Mapping[UUID, str], now: datetime) -> dict[UUID, tuple[Truth, float]]:
    """Return what is known of cases drawn for a blind label, and the loss: wrong unless settled as right."""
    known = known_of(list(predicted))
    found = {}
    for case_id, label in predicted.items():
        truth, loss, _ = known[case_id].judge(label, now)
        found[case_id] = (truth, loss if truth is Truth.FINAL else 1.0)
    return found
