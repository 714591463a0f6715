"""Open, feed and end the trial that confirms what is in force, or proves it again after an alarm."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby, takewhile

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from hitl.shared.words import Words
from monitoring.watch import draws
from monitoring.watch.draws import Drawn
from monitoring.watch.watched import ACCEPTED, ACTOR, WatchedWorkflow, cursor
from policy.models import Decision, Policy, Trial
from policy.proof.live_tests import Block, ChanceTooLow, GroupTooLarge, LiveTest
from policy.services import trials
from policy.services.trial_plans import Planned, plan_confirmation, plan_recovery
from policy.types import TrialKind, TrialOutcome
from science.decision_terms import Basis, Reason
from science.guarantee.blocks import closed_prefix
from science.guarantee.elond import Share
from science.ramp import PROVISIONAL_RAMP

AFTER_ALARM = (
    *ACCEPTED,
    Reason.BELOW_CUTOFF,
    Reason.BREAKER,
    Reason.NOT_CERTIFIED,
    Reason.CERTIFICATE_EXPIRED,
)
WINDOW = timedelta(days=90)  # a test that takes longer would prove a mean over worlds that are no more


def line_up(watched: WatchedWorkflow) -> None:
    """End a trial of something no longer in force; open the one that is needed now.

    Raises:
        NothingKnown: misses are to be allowed for, and nothing bounds them yet.
    """
    trial = trials.open_trial_of(watched.workflow_id)
    if trial is not None and not _fits(trial, watched):
        reason = Words("What it tested is no longer in force.")
        trials.end_trial(trial, outcome=TrialOutcome.ABANDONED, reason=reason, actor=ACTOR, now=watched.now)
        trial = None
    if trial is not None:
        return
    called_for = _called_for(watched)
    if called_for is not None:
        kind, plan = called_for
        trials.freeze_plan(
            watched.workflow_id,
            watched.release,
            kind=kind,
            plan=plan,
            cutoffs=watched.cutoffs.cutoffs if watched.cutoffs and kind is TrialKind.CONFIRM else {},
            actor=ACTOR,
            now=watched.now,
        )


def _fits(trial: Trial, watched: WatchedWorkflow) -> bool:
    promised = ("scope", "target", "confidence", "loss")
    if trial.release_id != watched.release.id or any(
        getattr(trial, name) != getattr(watched.policy, name) for name in promised
    ):
        return False
    if watched.now - trial.frozen_at > WINDOW:
        return False
    if trial.kind == TrialKind.RECOVER:
        return watched.is_recovering
    is_provisional = watched.is_automating and watched.basis is Basis.PROVISIONAL
    return is_provisional and watched.cutoffs is not None and watched.cutoffs.cutoffs == trial.cutoffs


def _called_for(
    watched: WatchedWorkflow,
) -> tuple[TrialKind, Callable[[Policy, Share, int], Planned | None]] | None:
    cutoffs = watched.cutoffs
    if watched.is_recovering:
        floor = 1 - PROVISIONAL_RAMP if watched.policy.breaker_tripped_at is None else 1.0
        if watched.policy.blind_rate < floor:  # raised by this run, and in force from the next on
            return None
        tuning = _tuning_after_alarm(watched)
        return TrialKind.RECOVER, lambda policy, share, cap: plan_recovery(
            policy, share, cap, watched.release, tuning, pi_floor=floor
        )
    if watched.is_automating and watched.basis is Basis.PROVISIONAL and cutoffs is not None:
        return TrialKind.CONFIRM, lambda policy, share, cap: plan_confirmation(
            policy, share, cap, watched.release, cutoffs
        )
    return None


def _tuning_after_alarm(watched: WatchedWorkflow) -> Block:
    rows = draws.scored(watched.workflow_id, watched.release.id, reasons=AFTER_ALARM)
    rows = rows.filter(decided_at__gte=watched.policy.evidence_from)
    known = draws.drawn_after(rows, None, until=watched.until, now=watched.now)
    return draws.block_of(list(takewhile(lambda one: not one.is_open, known)), watched.costs)


def advance(watched: WatchedWorkflow) -> None:
    """Feed the running trial; certify once it has proved enough."""
    with transaction.atomic():
        trial = (
            Trial.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("release")
            .filter(workflow_id=watched.workflow_id, ended_at=None)
            .first()
        )
        if trial is None:
            return
        rows = rows_of(trial)
        if watched.has_changed(rows, trial):
            trials.begin_again(trial)
        test = LiveTest.restore(trial.plans, trial.states)
        try:
            _feed(trial, test, rows, watched)
        except ChanceTooLow as why:
            _abandon(
                trial, Words("Labels are collected too seldom for its plan: %(why)s.", why=str(why)), watched
            )
            return
        except GroupTooLarge as why:
            Trial.objects.filter(pk=trial.pk).update(largest_group=why.size)
            _abandon(
                trial,
                Words("More cases belong together than it was planned for: %(why)s.", why=str(why)),
                watched,
            )
            return
        trials.keep(trial, test, now=watched.now)
        is_enough = trials.is_enough(trial, test)
    if is_enough:
        trials.certify_trial(trial, test, actor=ACTOR, now=watched.now)


def _abandon(trial: Trial, reason: str, watched: WatchedWorkflow) -> None:
    trials.end_trial(trial, outcome=TrialOutcome.ABANDONED, reason=reason, actor=ACTOR, now=watched.now)


def rows_of(trial: Trial) -> QuerySet[Decision]:
    """Return the decisions that a trial reads, in their order."""
    reasons = ACCEPTED if trial.kind == TrialKind.CONFIRM else AFTER_ALARM
    rows = draws.scored(trial.workflow_id, trial.release_id, reasons=reasons)
    return rows.filter(decided_at__gte=trial.frozen_at)


def _feed(trial: Trial, test: LiveTest, rows: QuerySet[Decision], watched: WatchedWorkflow) -> None:
    """Take in whole blocks in decision order. An answer that did not come in time counts as a wrong one.

    A group makes one bet an hour at most, and its size is declared for that.
    """
    while True:
        drawn = draws.drawn_after(rows, cursor(trial), until=watched.until, now=watched.now)
        is_over = np.array([not one.is_open for one in drawn], dtype=bool)
        ready = drawn[: closed_prefix(is_over)]
        if not ready:
            return
        for hour in hours_of(ready):
            test.take(draws.block_of(hour, watched.costs))
        trial.cursor_at, trial.cursor_case = ready[-1].at, ready[-1].case_id
        trial.n_labels += len(ready)
        trial.n_wrong += sum(one.highest_loss for one in ready)
        trial.n_overdue += sum(not one.is_final for one in ready)


def hours_of(drawn: Sequence[Drawn]) -> Iterator[list[Drawn]]:
    """Part draws, in their order, by the hour of their decision: borders that no answer moves."""
    for _, hour in groupby(drawn, key=lambda one: one.at.replace(minute=0, second=0, microsecond=0)):
        yield list(hour)
